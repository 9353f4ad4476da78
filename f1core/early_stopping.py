"""BestEpoch: improved, should stop, best so far, for people who write their own training loop."""

from __future__ import annotations

import math
from typing import Any

from .errors import F1Error, shown
from .option_values import flag, number, whole


class BestEpoch:
    """Watches one number an epoch: was it the best yet, and is it time to stop?

    A value that is NaN never improves and never becomes the best, but counts as an epoch.

    Parameters
    ----------
    patience
        After so many epochs in a row without an improvement `should_stop` is True; None never.
    min_delta
        What a value has to be better by.
    less_is_better
        True for a loss, False for F1 and its kin.

    Raises
    ------
    F1Error
        For options that are not of their form, and values that are no number.

    Examples
    --------
    >>> best = BestEpoch(patience=2)
    >>> for f1 in (0.50, 0.70, 0.65, 0.69, 0.90):
    ...     if best.update(f1):
    ...         pass  # keep the weights
    ...     if best.should_stop:
    ...         break
    >>> best
    BestEpoch(0.7 at epoch 1, 2 since)
    """

    def __init__(
        self, patience: int | None = None, min_delta: float = 0.0, *, less_is_better: bool = False
    ) -> None:
        self.patience = None if patience is None else whole("patience", patience)
        self.min_delta = _number("min_delta", min_delta)
        if not 0.0 <= self.min_delta < math.inf:
            raise F1Error(f"min_delta is {shown(min_delta)}; give a number from 0")
        self.less_is_better = flag("less_is_better", less_is_better)
        self.epochs = 0
        self.best: float | None = None
        self.best_epoch: int | None = None  # counted from 0

    def update(self, value: Any) -> bool:
        """Take the epoch's value (a number, or a tensor that holds one); say if it improved."""
        found = _number("value", value)
        improved = self._improves(found)
        if improved:
            self.best, self.best_epoch = found, self.epochs
        self.epochs += 1
        return improved

    @property
    def since_best(self) -> int:
        """Number of epochs that have gone by without an improvement."""
        return self.epochs if self.best_epoch is None else self.epochs - 1 - self.best_epoch

    @property
    def should_stop(self) -> bool:
        """Whether `patience` epochs in a row brought no improvement."""
        return self.patience is not None and self.since_best >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """Return the plain numbers that a checkpoint keeps, so that a restarted run goes on."""
        return {"epochs": self.epochs, "best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken; the options stay this one's.

        Raises
        ------
        F1Error
            If it is no such state.
        """
        try:
            epochs, best, best_epoch = (state[k] for k in self.state_dict())
            whole("epochs", epochs, 0)
            if best_epoch is not None or best is not None:
                number(best)
                whole("best_epoch", best_epoch, 0)
        except Exception:  # whatever the object raises
            raise F1Error(f"state is {shown(state)}; give what state_dict() returned") from None
        self.epochs, self.best, self.best_epoch = epochs, best, best_epoch

    def __repr__(self) -> str:
        if self.best_epoch is None:
            return f"BestEpoch(none in {self.epochs})"
        return f"BestEpoch({self.best:.6g} at epoch {self.best_epoch}, {self.since_best} since)"

    def _improves(self, value: float) -> bool:
        if math.isnan(value) or self.best is None:
            return not math.isnan(value)
        if self.less_is_better:
            return value < self.best - self.min_delta
        return value > self.best + self.min_delta


def _number(name: str, value: Any) -> float:
    """A number, also as an array or tensor of no dimension holds it."""
    try:
        return number(float(value) if getattr(value, "ndim", None) == 0 else value)
    except Exception:  # whatever the object raises
        raise F1Error(f"{name} is {shown(value)}; give one number") from None
