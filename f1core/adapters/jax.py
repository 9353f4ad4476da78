"""Exact scores inside JAX: `init`, `update` and `scores`, for jit, scan, vmap and shard_map.

A state is a pytree of counters, and `update` a pure function that asks the device nothing, so that
a training step may hold it. States add up leaf by leaf: `jax.tree.map(jnp.add, a, b)` of two,
`jax.lax.psum(state, "devices")` of all devices'. Without jax_enable_x64 counters are digits in
several int32, which widen before they overflow. What `f1core.score` refuses is counted by its
reason, and `scores` says so.

Examples
--------
>>> import jax, jax.numpy as jnp
>>> @jax.jit
... def step(state, y, logits):  # a training step would take its gradient here
...     return update(state, y, logits)
>>> state = init("multiclass", classes=3)
>>> for _ in range(2):
...     state = step(state, jnp.array([0, 1, 1]), jnp.eye(3))
>>> round(scores(state).macro.f1, 4)
0.5556
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..accumulator import Accumulator
from ..arrays import BFLOAT16, exact_limit, is_floating
from ..counts import Array
from ..device import limbs
from ..device.decide import Constants, count
from ..device.form import Form, read_form
from ..errors import F1Error, missing, one_of, parameters_of, refuse_unknown
from ..option_types import CountOptions, Task, Unpack
from ..options import TASKS, Options, make_options
from ..pos_label import with_fixed_labels
from ..scores import Scores

try:
    import jax
    import jax.numpy as jnp

    from ..device.jax_operations import JaxOperations
    from ..device.jax_rows import as_array, carried, in_rows
except ModuleNotFoundError as error:
    if error.name != "jax":
        raise
    raise missing("f1core.adapters.jax", "jax", "jax") from None

__all__ = ["State", "init", "scores", "update"]

_ELSEWHERE = ("resamples", "seed", "threads")  # what only an accumulator can do
_OPTIONS = tuple(
    name for name in parameters_of(Accumulator) if name not in ("task", "classes", *_ELSEWHERE)
)
REASONS = 3  # a wrong target, score or weight


@dataclass(frozen=True)
class _Layout:
    """Options and sizes of a state, which all states that add up have in common."""

    options: Options
    width: int
    columns: int  # of counts: one more where predicted labels may be unknown
    matrix: bool
    wide: bool  # whether counters are int64

    @property
    def form(self) -> Form:
        """A form in which the counters of any batch lie alike."""
        task = self.options.task or ""
        return Form(task, self.options, self.columns, matrix=self.matrix, samples=self.wide)


@dataclass(frozen=True)
class State:
    """Counts of all batches so far, as a pytree whose leaves add up; made by `init`.

    `counts` and `refused` are integers in limbs, `sums` are those of weights, with what rounding
    dropped beside them.
    """

    counts: Any  # (limbs, size)
    sums: Any  # (2, size)
    refused: Any  # (limbs, REASONS)
    layout: _Layout

    def __repr__(self) -> str:
        return f"State({self.layout.options.task!r}, {self.layout.width} classes)"


def _leaves(state: State) -> tuple[list[tuple[Any, Any]], _Layout]:
    names = ("counts", "sums", "refused")
    return [(jax.tree_util.GetAttrKey(name), getattr(state, name)) for name in names], state.layout


def _rebuilt(layout: _Layout, leaves: Any) -> State:
    counts, sums, refused = leaves
    return State(counts, sums, refused, layout)


jax.tree_util.register_pytree_with_keys(State, _leaves, _rebuilt)


def init(task: Task, *, classes: Any = None, **options: Unpack[CountOptions]) -> State:
    """Make the state of no rows.

    Parameters
    ----------
    task
        "binary", "multiclass" or "multilabel".
    classes
        How many classes, or their names; a binary task needs none.
    **options
        threshold, top_k, from_logits, ignore_index, average_over, zero_division, beta, confusion,
        pos_label and unknown (of labels that are integers), as `f1core.Accumulator` has them. Up
        to 1,024 classes a confusion matrix is kept; `confusion=False` keeps three sums a class.

    Raises
    ------
    F1Error
        If an option is not of its form, or does not fit counts of a fixed shape.

    Examples
    --------
    >>> init("multilabel", classes=4, threshold=[0.5, 0.5, 0.3, 0.2])
    State('multilabel', 4 classes)
    """
    for name in _ELSEWHERE:
        if name in options:
            raise F1Error(
                f"{name}= is for an f1core.Accumulator: a state in JAX holds counts, and no more"
            )
    refuse_unknown(options, ("task", "classes", *_OPTIONS), "f1core.adapters.jax.init")
    if task is None:
        raise F1Error(one_of("task", task, TASKS))
    made = with_fixed_labels(make_options(task, classes=classes, **options))
    if math.isnan(made.zero_division):  # which is equal to itself alone
        made = replace(made, zero_division=math.nan)
    width = 2 if task == "binary" else made.n_classes
    if width is None:
        raise F1Error(
            f"classes is None; say how many there are, or their names: a {task} state has a fixed "
            "shape"
        )
    wide, columns = bool(jax.config.jax_enable_x64), width + made.counts_unknown
    layout = _Layout(made, width, columns, made.keeps_confusion(columns), wide)
    several, dtype = (1, jnp.int64) if wide else (limbs.LIMBS, jnp.int32)
    size = layout.form.length
    return State(
        jnp.zeros((several, size), dtype),
        jnp.zeros((2, size), jnp.float64 if wide else jnp.float32),
        jnp.zeros((several, REASONS), dtype),
        layout,
    )


def update(state: State, y_true: Any, y_pred: Any, sample_weight: Any = None) -> State:
    """Add a batch, inside a compiled step or outside: the new state.

    Rows that `f1core.score` refuses count nowhere, and `scores` refuses the state.

    Parameters
    ----------
    state
        Of `init` or of another `update`.
    y_true
        (n,) labels, (n, C) one-hot rows or flags; or (n, …) and (n, …, C), one row an item.
    y_pred
        (n,) or (n, C) scores or labels, with the classes in the last axis where there are more.
    sample_weight
        (n,) weights, which are added in float32 with the lost digits kept beside.

    Raises
    ------
    F1Error
        If the shapes or dtypes do not fit the task.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> state = update(init("binary"), jnp.array([0, 1]), jnp.array([0.2, 0.9]))
    >>> scores(state).binary.f1
    1.0
    """
    layout = state.layout
    xp = _operations(layout.wide)
    true, pred = as_array(y_true, layout.wide), as_array(y_pred, layout.wide)
    task = layout.options.task or ""
    true, pred, weight = in_rows(true, pred, sample_weight, task, layout.width)
    form = _form(layout, _dtype(true), true.shape, _dtype(pred), pred.shape)
    if form.kind != "multilabel" and true.ndim == 2 and not form.onehot:
        true = true[:, 0]
    if form.kind in ("binary", "labels") and pred.ndim == 2:
        pred = pred[:, 0]
    mask = wrong_weight = None
    if weight is not None:
        weight = weight.astype(state.sums.dtype)
        mask = (weight >= 0) & (weight < jnp.inf)
        weight, wrong_weight = jnp.where(mask, weight, 0), (~mask).sum(dtype=xp.dtype)
    found = count(form, xp, true, pred, Constants.of(form, xp, pred), weight, mask)
    wrong = [found.wrong_true, found.wrong_pred & ~found.wrong_true]
    noted = [each.sum(dtype=xp.dtype) for each in wrong]
    noted.append(jnp.zeros_like(noted[0]) if wrong_weight is None else wrong_weight)
    refused = limbs.added(state.refused, jnp.stack(noted), jnp)
    if weight is not None:
        sums = limbs.weighed(state.sums, found.counts.astype(state.sums.dtype), jnp)
        return State(state.counts, sums, refused, layout)
    counts = limbs.added(state.counts, found.counts, jnp)
    if task == "multilabel" and layout.wide:
        counts = carried(counts, 4 * layout.width)
    return State(counts, state.sums, refused, layout)


def scores(state: State) -> Scores:
    """Everything that follows from the counts, as `f1core.Scores`; this asks the device.

    Averages "samples" of a multilabel task need jax_enable_x64: without it rows are only counted.

    Raises
    ------
    F1Error
        If there are no rows, some were refused, or the state is one a device that was not added.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> scores(update(init("binary"), jnp.array([0, 1]), jnp.array([0.2, 7.0])))
    Traceback (most recent call last):
        ...
    f1core.errors.F1Error: 1 row holds a score that is NaN or outside [0, 1] (logits need \
from_logits=True): refused rows count nowhere
    """
    if not isinstance(state, State):
        raise F1Error(f"a state of f1core.adapters.jax.init is scored, this is {state!r}"[:200])
    layout = state.layout
    if state.counts.ndim != 2:
        raise F1Error(
            f"these are {state.counts.shape[0]} states: add them up, by jax.lax.psum(state, axis) "
            "or jax.tree.map(lambda each: each.sum(0), states)"
        )
    vector, sums, refused = (np.asarray(each) for each in (state.counts, state.sums, state.refused))
    _refuse(limbs.as_integers(refused), layout)
    counts = layout.form.counts(limbs.as_integers(vector))
    if sums.any():
        counts = counts.as_weighted() + layout.form.counts(limbs.as_sums(sums))
    return Scores(counts, layout.options)


# ---- inside --------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def _operations(wide: bool) -> JaxOperations:
    return JaxOperations(wide)


@lru_cache(maxsize=256)
def _form(
    layout: _Layout, true: Any, true_shape: tuple[int, ...], pred: Any, pred_shape: tuple[int, ...]
) -> Form:
    # A floating number a row of a multiclass task can only be a label, whole or refused.
    whole = layout.options.task == "multiclass" and not layout.options.counts_unknown
    floats = whole and len(pred_shape) == 1 and is_floating(pred)
    form = read_form(
        layout.options, (true, true_shape), (np.dtype("i4") if floats else pred, pred_shape),
        layout.width, matrix=layout.matrix, samples=layout.wide,
    )  # fmt: skip
    return replace(form, pred_limit=exact_limit(pred)) if floats else form


def _dtype(array: Any) -> np.dtype[Any]:
    return BFLOAT16 if array.dtype == jnp.bfloat16 else np.dtype(array.dtype)


def _refuse(refused: Array, layout: _Layout) -> None:
    """Raise what was refused while it was counted, if anything was."""
    options = layout.options
    target = "a target other than 0 and 1"
    if options.task != "multilabel":
        classes = list(options.names or range(layout.width))
        target = f"a target that is none of the classes {classes if layout.width <= 9 else ''}"
        target = target.strip() + ", or no one-hot row" * (options.task == "multiclass")
    score = "a score that is NaN"
    if options.task != "multiclass" and not options.from_logits:
        score += " or outside [0, 1] (logits need from_logits=True)"
    elif options.task == "multiclass":
        score += ", or a predicted label that is no class"
    reasons = (target, score, "a weight that is negative or not finite")
    sentences = [
        f"{n:,} row{'s hold' if n > 1 else ' holds'} {reason}"
        for n, reason in zip(refused.tolist(), reasons, strict=True)
        if n
    ]
    if sentences:
        raise F1Error(f"{'; '.join(sentences)}: refused rows count nowhere")
