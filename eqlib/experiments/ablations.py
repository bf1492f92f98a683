"""What is changed, one thing at a time, to learn what each choice in the network is worth.

Chapter: "What the network learned".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from eqlib.config import EQNetConfig
from eqlib.training.recipe import Recipe

SHORT = Recipe(loss="normalized_mae", validate_every=500)


@dataclass(frozen=True)
class Ablation:
    """What is changed in a network that is trained on the same target for as many steps.

    Attributes:
        label: the change, in words.
        config: the network with it.
        recipe: of the training with it.
        pretrain_steps: of step one.
        train_steps: of step two.
        base: the row of `ABLATIONS` that it differs from in this one thing.
    """

    label: str
    config: EQNetConfig = field(default_factory=EQNetConfig)
    recipe: Recipe = SHORT
    pretrain_steps: int = 300
    train_steps: int = 2_200
    base: str = "as-it-is"

    @property
    def steps(self) -> int:
        """Of both together."""
        return self.pretrain_steps + self.train_steps


LONGER = Ablation(
    "16 filters, 15,000 steps",
    EQNetConfig(filters=16),
    replace(SHORT, validate_every=1_000),
    pretrain_steps=1_000,
    train_steps=14_000,
    base="filters-16",
)
"""What 2,500 steps tell is also how fast a network learns: the same questions of six times as many,
of small networks, which take little time for it."""

ABLATIONS: dict[str, Ablation] = {
    "as-it-is": Ablation("nothing changed"),
    "adjoint": Ablation("filters reversed in the back-end", EQNetConfig(orientation="adjoint")),
    "no-pretraining": Ablation(
        "no step one, its steps given to step two", pretrain_steps=0, train_steps=2_500
    ),
    "position": Ablation("unpooling by position", EQNetConfig(unpooling="position")),
    "square": Ablation("square instead of absolute value", EQNetConfig(rectifier="square")),
    "rate-1e-3": Ablation(
        "learning rate 1e-3 instead of 2e-3", recipe=replace(SHORT, learning_rate=1e-3)
    ),
    "rate-1e-4": Ablation(
        "learning rate 1e-4, the paper authors'", recipe=replace(SHORT, learning_rate=1e-4)
    ),
    "no-clipping": Ablation("gradients not clipped", recipe=replace(SHORT, clip_quantile=1.0)),
    "paper-loss": Ablation("loss not normalized", recipe=replace(SHORT, loss="mae")),
    "frame-4096": Ablation(
        "frames of 4096, pool 64, batch 2",
        EQNetConfig(frame=4096, hop=2048, pool=64),
        replace(SHORT, batch=2),
    ),
    "rectangular": Ablation("rectangular window", EQNetConfig(window="rectangular")),
    "overlap-75": Ablation("75 % overlap", EQNetConfig(hop=256)),
    "filters-16": Ablation("16 filters", EQNetConfig(filters=16)),
    "filters-32": Ablation("32 filters", EQNetConfig(filters=32)),
    "filters-64": Ablation("64 filters", EQNetConfig(filters=64)),
    "filters-4": Ablation("4 filters", EQNetConfig(filters=4)),
    "filters-2": Ablation("2 filters", EQNetConfig(filters=2)),
    "filters-1": Ablation("a single filter", EQNetConfig(filters=1)),
    "filters-16, no-pretraining": Ablation(
        "16 filters, no step one, its steps given to step two",
        EQNetConfig(filters=16),
        pretrain_steps=0,
        train_steps=2_500,
        base="filters-16",
    ),
    "filters-16, no-clipping": Ablation(
        "16 filters, gradients not clipped",
        EQNetConfig(filters=16),
        replace(SHORT, clip_quantile=1.0),
        base="filters-16",
    ),
    "filters-16, longer": LONGER,
    "filters-16, longer, no-pretraining": replace(
        LONGER,
        label="no step one, its steps given to step two",
        pretrain_steps=0,
        train_steps=15_000,
        base="filters-16, longer",
    ),
    "filters-16, longer, no-clipping": replace(
        LONGER,
        label="gradients not clipped",
        recipe=replace(LONGER.recipe, clip_quantile=1.0),
        base="filters-16, longer",
    ),
    "filters-16, longer, rate-1e-4": replace(
        LONGER,
        label="learning rate 1e-4, the paper authors'",
        recipe=replace(LONGER.recipe, learning_rate=1e-4),
        base="filters-16, longer",
    ),
}

LEANED_UPON = (
    "filters-16",
    "filters-16, no-pretraining",
    "filters-16, no-clipping",
    "filters-2",
    "as-it-is",
    "no-pretraining",
    "no-clipping",
    "filters-16, longer",
    "filters-16, longer, no-pretraining",
    "filters-16, longer, no-clipping",
    "filters-16, longer, rate-1e-4",
)
"""What the text draws conclusions from: other seeds of these are trained before any others."""
