"""Options, and other forms of the same rows, of f1core.bench's cases: none may fall off a cliff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any

import numpy as np

from f1core import bench, score

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Variant(bench.Case):
    """A case with options, or whose rows are handed over in another form."""

    options: dict[str, Any] = field(default_factory=dict)
    form: str | None = None  # one of FORMS
    varied = True

    def ours(self, true, pred, threads=None):
        options = dict(self.options)
        if options.get("sample_weight"):
            options["sample_weight"] = np.random.default_rng(1).random(len(pred))
        if self.form is not None:
            true, pred = FORMS[self.form](true, pred)
        return partial(score, true, pred, task=self.task, threads=threads, **options)


FORMS: dict[str, Callable[[Array, Array], tuple[Array, Array]]] = {
    "Fortran order": lambda true, pred: (true, np.asfortranarray(pred)),
    "Fortran order, both": lambda true, pred: (np.asfortranarray(true), np.asfortranarray(pred)),
    "flags predicted": lambda true, pred: (true, pred > 0.5),
    "one-hot targets": lambda true, pred: (np.eye(pred.shape[1], dtype=np.int8)[true], pred),
    "some scores -0.0": lambda true, pred: (
        true,
        np.where(pred < 1e-4, pred.dtype.type(-0.0), pred),
    ),
}
_WEIGHTED: tuple[str, dict[str, Any]] = ("weighted", {"sample_weight": True})
_LOGITS = ("from_logits", {"from_logits": True})
VARIANTS: dict[int, tuple[tuple[str, dict[str, Any]], ...]] = {  # by the place of a case
    0: (
        _WEIGHTED, ("ignore_index", {"ignore_index": 0}), ("top_k=3", {"top_k": 3}),
        ("Fortran order", {}), ("one-hot targets", {}),
    ),
    10: (
        _WEIGHTED, ("ignore_index", {"ignore_index": -1}), _LOGITS, ("some scores -0.0", {}),
    ),
    12: (
        _WEIGHTED, ("ignore_index", {"ignore_index": 0}),
        ("weighted, ignore_index", {"sample_weight": True, "ignore_index": 0}), _LOGITS,
        ("threshold a label", {"threshold": np.linspace(0.1, 0.9, 15)}),
        ("average_over 3 labels", {"average_over": (1, 3, 5)}),
        ("Fortran order", {}), ("Fortran order, both", {}), ("flags predicted", {}),
        ("some scores -0.0", {}),
    ),
}  # fmt: skip


def _varied(case: bench.Case, name: str, options: dict[str, Any]) -> Variant:
    same = {each.name: getattr(case, each.name) for each in fields(case)}
    same |= {"name": f"{case.name}, {name}", "short": False}
    return Variant(**same, options=options, form=name if name in FORMS else None)


SLOWER = tuple(
    _varied(bench.CASES[place], name, options)
    for place, variants in VARIANTS.items()
    for name, options in variants
)
