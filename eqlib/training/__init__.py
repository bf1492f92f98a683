"""The two steps of training."""

from eqlib.training.loop import pretrain, train

__all__ = ["pretrain", "train"]
