"""Two sets of counts, or of rows, brought to the same classes, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .count_layout import Array
from .errors import F1Error, shown

if TYPE_CHECKING:
    from .counts import Counts


def aligned(a: Counts, b: Counts) -> tuple[Counts, Counts]:
    """Bring both to the same classes and the same form, so that their arrays add up."""
    refuse_mixed(a.labels, b.labels)
    if a.labels is not None and b.labels is not None:
        labels = union(a.labels, b.labels)
        a, b = a.onto(labels), b.onto(labels)
    refuse_other_width(a.n_classes, b.n_classes)
    if (a.confusion is None) != (b.confusion is None):
        a, b = a.without_confusion(), b.without_confusion()
    if a.weighted != b.weighted:
        a, b = a.as_weighted(), b.as_weighted()
    if (a.replicas is None) != (b.replicas is None):
        raise F1Error("one side kept resamples, the other none: give both the same resamples=")
    return a, b


def refuse_mixed(a: Array | None, b: Array | None) -> None:
    """Complain if one side has labels and the other none."""
    if (a is None) != (b is None):
        raise F1Error(
            "one side knows its classes from the labels seen, the other by number: "
            "give both the same classes="
        )


def refuse_other_width(a: int, b: int) -> None:
    """Complain if the numbers of classes differ."""
    if a != b:
        raise F1Error(f"{a} classes cannot be added to {b}")


def union(a: Array, b: Array) -> Array:
    """Two sorted sets of labels as one."""
    if a.shape == b.shape and (a == b).all():
        return a
    if len(a) and len(b) and (a.dtype.kind == "U") != (b.dtype.kind == "U"):
        raise F1Error(f"labels mix strings and numbers: {shown(a[0])} and {shown(b[0])}")
    return np.union1d(a, b) if len(a) and len(b) else (a if len(a) else b)
