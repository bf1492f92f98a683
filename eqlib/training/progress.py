"""How far a run is: a bar in the terminal or the notebook, or whoever watches instead.

Chapter: "Stage one, unsupervised".
"""

from __future__ import annotations

from types import TracebackType

from tqdm import tqdm

from eqlib.training import parallel
from eqlib.training.run import Run


class Progress:
    """A bar over a run's budget, unless somebody watches who shows more.

    Args:
        run: the run.
        wanted: whether to show the bar.
    """

    def __init__(self, run: Run, wanted: bool) -> None:
        self.run = run
        self.bar = tqdm(
            total=run.budget.amount,
            disable=not wanted or run.watch is not None or not parallel.is_first(),
            bar_format="{desc}: {percentage:3.0f}%|{bar:20}| {n:.0f}/{total:.0f} {unit}{postfix}",
            desc=run.history.stage,
            unit=run.budget.unit,
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.bar.close()

    def show(self) -> None:
        """Brings the bar up to date."""
        run = self.run
        figures = {"step": f"{run.step}"}
        if run.losses:
            figures["train mae"] = f"{sum(run.losses) / len(run.losses):.5f}"
        if run.history.steps:
            figures["mae"] = f"{run.history.validation_mae[-1]:.5f}"
            figures["SNR"] = f"{run.history.validation_snr_db[-1]:.1f} dB"
        self.bar.set_postfix(figures, refresh=False)
        self.bar.update(min(1.0, run.used()) * run.budget.amount - self.bar.n)

    def stepped(self, mae: float) -> bool:
        """Shows a step; returns whether somebody who watches wants the run to end."""
        self.show()
        run = self.run
        if not run.watch:
            return False
        return run.watch.stepped(
            run.history.stage, mae=mae, step=run.step, seconds=run.seconds(), used=run.used()
        )
