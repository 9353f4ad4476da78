"""Counts as arrays by name, for saving and sending; and back, where nothing in them is believed."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import plausible
from .count_layout import ROWS, Array, carried, with_whole
from .errors import F1Error, shape_words
from .plausible import exact_sum, refuse_overflow
from .replicas import Replicas, joined
from .sparse import cells_in, shrunk

if TYPE_CHECKING:
    from .counts import Counts

_FORMS = ({"confusion"}, {"sums"}, {"sums", "rows"})  # which arrays come together
_REPLICAS = {"replica_sums": "sums", "replica_rows": "rows", "replica_spans": "spans"}

_COUNTED = (np.int64, np.float64)

Shape = tuple[int | None, ...]  # None for what may have any length


def as_dict(counts: Counts) -> dict[str, Array]:
    """Return the arrays of counts by name; a matrix in few bytes, if it was counted."""
    packed, replicas = counts.packed, counts.replicas
    if packed is None or packed.gaps is None:
        matrix = counts.confusion if packed is None else packed.cells
        packed = None if matrix is None else shrunk(matrix)
    rows = None if counts.rows is None else carried(counts.rows)
    named = {"sums": counts.sums, "rows": rows, "labels": counts.labels}
    if replicas is not None:
        named |= {name: getattr(replicas, of) for name, of in _REPLICAS.items()}
    found = {name: array for name, array in named.items() if array is not None}
    found |= {} if packed is None else packed.as_dict()
    return {"n_classes": np.asarray(counts.n_classes), **found}


def checked(named: dict[str, Array]) -> dict[str, Any]:
    """The arguments of `Counts` in the arrays of `as_dict`, each of its shape and dtype."""
    named = dict(named)
    try:
        n_classes = operator.index(np.asarray(named.pop("n_classes"))[()])
        labels = named.pop("labels", None)
        packed = cells_in(named, n_classes)
        arrays = _taken(named, {name: name for name in ("confusion", "sums", "rows")})
        drawn = _taken(named, _REPLICAS)
    except (KeyError, TypeError, ValueError) as error:
        raise F1Error(f"these are not counts: {error!r}") from None
    form = {*arrays, *([] if packed is None else ["confusion"])}
    doubled = packed is not None and "confusion" in arrays
    if named or form not in _FORMS or doubled or n_classes < 0:
        raise F1Error(f"these are not counts: {sorted({*named, *arrays})}")
    sums = (4 if "rows" in form else 3, n_classes)
    shapes: dict[str, Shape] = {"confusion": (n_classes, n_classes), "sums": sums, "rows": (ROWS,)}
    for name, array in arrays.items():
        _refuse_other(array, shapes[name], _COUNTED, f"{name} of {n_classes} classes", name)
    if len({array.dtype for array in arrays.values()}) > 1:
        raise F1Error("sums and rows cannot be of two dtypes")
    if labels is not None and (
        labels.shape != (n_classes,)
        or labels.dtype.kind not in "iuUfb"
        or (labels[1:] <= labels[:-1]).any()
    ):
        raise F1Error(f"labels of {n_classes} classes cannot be {shape_words(labels)}")
    replicas = _replicas(drawn, sums, "rows" in form) if drawn else None
    return {
        "n_classes": n_classes, **arrays, "labels": labels, "replicas": replicas, "packed": packed
    }  # fmt: skip


def _replicas(found: dict[str, Array], sums: Shape, multilabel: bool) -> Replicas:
    """Replicas of counts of this shape."""
    if set(found) != {"sums", "spans"} | ({"rows"} if multilabel else set()):
        raise F1Error(f"these are not replicas: {sorted(found)}")
    shapes: dict[str, Shape] = {"sums": (None, *sums), "rows": (None, ROWS), "spans": (None, 3)}
    for name, array in found.items():
        dtypes = _COUNTED if name != "spans" else (np.int64,)
        _refuse_other(array, shapes[name], dtypes, f"{name} of replicas", f"{name} of replicas")
    joined(found["spans"], found["spans"][:0])  # refuses those that overlap
    return Replicas(found["sums"], found.get("rows"), found["spans"])


def _refuse_other(
    array: Array, shape: Shape, dtypes: tuple[type, ...], whole: str, name: str
) -> None:
    """Complain about an array of another shape or dtype, or with what no count can be."""
    fits = array.ndim == len(shape) and all(
        wanted in (None, found) for wanted, found in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype not in dtypes:
        raise F1Error(f"{whole} cannot be {shape_words(array)}")
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise F1Error(f"{name} holds a number that no count can be")


def refuse_impossible(counts: Counts) -> None:
    """Complain about numbers that contradict each other, or are too large to be added up."""
    packed, sums, replicas = counts.packed, counts.sums, counts.replicas
    if sums is not None:
        plausible.refuse_impossible(sums, counts.rows)
    else:
        matrix: Any = counts.confusion if packed is None else packed.cells
        refuse_overflow(exact_sum(matrix), 0.0 if counts.weighted else 0)
    if replicas is not None:
        drawn = replicas.sums, replicas.rows, replicas.spans
        plausible.refuse_impossible_replicas(*drawn, counts.amount, counts.weighted)


def _taken(named: dict[str, Array], names: dict[str, str]) -> dict[str, Array]:
    """Take arrays out of a dict under other names, statistics of rows in today's length."""
    found = {of: named.pop(name) for name, of in names.items() if name in named}
    return found | ({"rows": with_whole(found["rows"])} if "rows" in found else {})
