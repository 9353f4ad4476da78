"""Warn as seqeval does, at the line of the user."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable

from .spans import unknown_tags


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the first line that is not f1core's."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("f1core."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def warn_unknown_tags(tags: Iterable[str], spans: str) -> None:
    """Warn about what seems to be no tag, each once."""
    for tag in unknown_tags(tags, spans):
        warn(f"{tag} seems not to be NE tag.")


def warn_undefined(what: str, modifier: str, size: int) -> None:
    """Say that a ratio is 0/0 somewhere, in seqeval's words."""
    where = "due to" if size == 1 else "in labels with"
    warn(
        f"{what} ill-defined and being set to 0.0 {where} no {modifier} samples. "
        "Use `zero_division` parameter to control this behavior.",
        undefined_warning(),
    )


def undefined_warning() -> type[Warning]:
    """scikit-learn's category, where it is installed: filters written for seqeval name it."""
    try:
        from sklearn.exceptions import UndefinedMetricWarning
    except ImportError:
        return UserWarning
    found: type[Warning] = UndefinedMetricWarning
    return found
