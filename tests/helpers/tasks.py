"""A strategy of problems for each way to be scored: labels, multiclass, binary, multilabel."""

from __future__ import annotations

from typing import Any

import numpy as np
from arrays import to_dtype, widened
from hypothesis import assume
from hypothesis import strategies as st
from problems import (
    BELOW_ALL,
    NAMES,
    THRESHOLDS,
    Problem,
    averaged,
    drop_weightless,
    generators,
    in_words,
    numbered,
    ratio_options,
    rounded_cut,
    scores,
    weights,
)
from registry import Case

ROWS = st.integers(1, 70)
FAR = [-7, 10, 11, 1023, 1024, 1025, 70_000, 2**31, -(2**40), 2**62]


def _case(task: str, true: Any, pred: Any, n_classes: int, options: dict[str, Any]) -> Case:
    return Case(
        task, true, pred, n_classes, [],
        beta=options["beta"], zero_division=options["zero_division"], names=list(range(n_classes)),
    )  # fmt: skip


@st.composite
def _ignored_rows(draw: Any, problem_ids: np.ndarray, n_classes: int) -> tuple[Any, np.ndarray]:
    """An ignore_index among or outside the ids, and the ids with some rows marked by it."""
    value = draw(st.sampled_from([None, None, -100, 255, 0, n_classes - 1]))
    if value is None or (value == 255 and n_classes > 255):
        return None, problem_ids
    rng = draw(generators())
    marked = np.where(rng.random(len(problem_ids)) < 0.3, value, problem_ids)
    assume((marked != value).any())
    return value, marked


# ---- labels against labels ---------------------------------------------------------------


@st.composite
def labels(draw: Any) -> Problem:
    """Labels for truth and prediction; the classes known, or those that occur."""
    options, rng = draw(ratio_options()), draw(generators())
    kind = draw(st.sampled_from(["ids", "far", "words"]))
    n_classes = draw(st.integers(1, len(NAMES)))
    values: list[Any] = {"ids": list(range(n_classes)), "far": FAR, "words": NAMES}[kind]
    values = values[:n_classes]
    rows = draw(ROWS)
    ids = rng.integers(0, n_classes, (2, rows))
    weight = draw(weights(rows))
    known = draw(st.booleans())
    if known:
        options["classes"] = n_classes if kind == "ids" and draw(st.booleans()) else values
    options["confusion"] = draw(st.sampled_from([None, True, False]))
    options["task"] = "multiclass"

    if kind == "words":
        ignore = draw(st.sampled_from([None, *values]))
        marked, pred = ids
        y_true, y_pred = (draw(in_words(side, values)) for side in ids)
    else:
        numbers = np.array(values)
        ignore, marked = draw(_ignored_rows(numbers[ids[0]], int(numbers[-1]) + 1))
        pred = numbers[ids[1]]
        y_true, y_pred = draw(numbered(marked, ignored=ignore)), draw(numbered(pred))
    if ignore is not None:
        options["ignore_index"] = ignore
        kept = marked != (values.index(ignore) if kind == "words" else ignore)
    else:
        kept = np.ones(rows, bool)
    if weight is not None:
        kept &= np.asarray(weight, np.float64) > 0
    assume(kept.any())

    true_of = np.array(values)[marked] if kind == "words" else marked
    pred_of = np.array(values)[pred] if kind == "words" else pred
    seen = values if known else np.unique([true_of[kept], pred_of[kept]]).tolist()
    place = {value: i for i, value in enumerate(seen)}
    case = _case(
        "multiclass",
        np.array([place[v] for v in true_of[kept].tolist()]),
        np.array([place[v] for v in pred_of[kept].tolist()]),
        len(seen),
        options,
    )
    case.names = list(seen)
    case.weight = None if weight is None else np.asarray(weight, np.float64)[kept]
    options |= draw(averaged(case, lambda c: seen[c], place.get(ignore)))
    return Problem(y_true, y_pred, case, weight, options)


# ---- scores, one class a row -------------------------------------------------------------


def best(values: np.ndarray, k: int) -> np.ndarray:
    """The k largest of each row, the earlier one first among equals."""
    order = [sorted(range(len(row)), key=lambda c: (-row[c], c))[:k] for row in values.tolist()]
    ids = np.array(order, int).reshape(len(values), k)
    return ids[:, 0] if k == 1 else ids


@st.composite
def _truth(draw: Any, ids: np.ndarray, n_classes: int, options: dict[str, Any]) -> Any:
    """Targets as ids, one-hot rows, words or other numbers, some of them to be ignored."""
    kinds = ["ids", "ids", "one-hot"] + ["words", "values"] * (n_classes <= len(NAMES))
    kind = draw(st.sampled_from(kinds))
    names: list[Any] = list(range(n_classes))
    if kind in ("words", "values") or (n_classes <= len(NAMES) and draw(st.booleans())):
        names = (FAR if kind == "values" else NAMES)[:n_classes]
        options["classes"] = names
    elif draw(st.booleans()):
        options["classes"] = n_classes
    if kind == "ids":
        options["ignore_index"], ids = draw(_ignored_rows(ids, n_classes))
        return draw(numbered(ids, ignored=options["ignore_index"])), ids, names
    if draw(st.booleans()) and (ids != 0).any():
        options["ignore_index"] = names[0]
    if kind == "words":
        return draw(in_words(ids, names)), ids, names
    if kind == "values":
        return draw(numbered(np.array(names)[ids])), ids, names
    return draw(numbered(np.eye(n_classes, dtype=int)[ids])), ids, names


def over_thresholds(scores: np.ndarray, thresholds: list[float], logits: bool) -> np.ndarray:
    """Scores over their classes' thresholds, one by one; of logits the logarithm."""
    found = np.zeros(scores.shape)
    logs = [np.log(cut) if cut else -np.inf for cut in thresholds]
    for at, score in np.ndenumerate(scores.astype(np.float64)):
        cut = thresholds[at[1]]
        if logits:
            found[at] = -np.inf if score == -np.inf else score - logs[at[1]]
        elif score:
            with np.errstate(over="ignore"):
                found[at] = score / cut if cut else np.copysign(np.inf, score)
    return found


@st.composite
def multiclass(draw: Any, max_classes: int = 20, divided: bool = True) -> Problem:
    """(n, C) scores of any kind; the prediction is the first maximum, or the k best.

    With `divided` some problems have a threshold for each class.
    """
    options, rng = draw(ratio_options()), draw(generators())
    rows, n_classes = draw(ROWS), draw(st.integers(2, max_classes))
    options["task"] = "multiclass"
    options["top_k"] = k = draw(st.sampled_from([1, 1, 1, min(2, n_classes), min(5, n_classes)]))
    if k == 1:
        options["confusion"] = draw(st.sampled_from([None, True, False]))
    compared = None
    if divided and draw(st.integers(0, 3)) == 3:
        one = st.sampled_from(THRESHOLDS) | st.floats(0, 1)
        each = draw(st.lists(one, min_size=n_classes, max_size=n_classes))
        logits = options["from_logits"] = draw(st.booleans())
        y_pred, options["threshold"] = draw(scores((rows, n_classes), [0.5], wild=logits)), each
        compared = over_thresholds(widened(y_pred), each, logits)
    elif draw(st.integers(0, 3)):
        y_pred = draw(scores((rows, n_classes), [0.5], wild=True))
    else:  # votes
        y_pred = draw(numbered(rng.integers(0, 4, (rows, n_classes)), floats=False))
    weight = draw(weights(rows))
    y_true, ids, names = draw(_truth(rng.integers(0, n_classes, rows), n_classes, options))
    pred = best(widened(y_pred) if compared is None else compared, k)
    ignore = options.get("ignore_index")
    gone = names.index(ignore) if ignore in names else ignore
    if isinstance(ignore, int) and isinstance(names[0], str):
        gone = ignore
    kept = np.ones(rows, bool) if ignore is None else ids != gone
    if weight is not None:
        kept &= np.asarray(weight, np.float64) > 0
    assume(kept.any())
    if not kept.all() and y_pred.dtype.kind == "f" and weight is None and draw(st.booleans()):
        y_pred = y_pred.copy()
        y_pred[~kept] = np.nan  # nobody looks there
    case = _case("multiclass", ids[kept], pred[kept], n_classes, options)
    case.names = names
    case.weight = None if weight is None else np.asarray(weight, np.float64)[kept]
    gone = gone if gone is not None and 0 <= gone < n_classes else None
    options |= draw(averaged(case, lambda c: names[c], gone))
    if options["task"] and y_true.ndim == 1 and draw(st.booleans()):
        options["task"] = None
    return Problem(y_true, y_pred, case, weight, options)


@st.composite
def binary(draw: Any) -> Problem:
    """(n,) scores against a threshold, or 0/1 labels."""
    options, rng = draw(ratio_options()), draw(generators())
    rows = draw(ROWS)
    ids = rng.integers(0, 2, rows)
    logits = options["from_logits"] = draw(st.booleans())
    few = THRESHOLDS if logits else THRESHOLDS + BELOW_ALL
    threshold = draw(st.sampled_from(few) | st.floats(0, 1))
    special = [rounded_cut(threshold if threshold >= 0 else 0.0, np.dtype("f8"), logits)]
    column = (rows, 1) if draw(st.booleans()) else (rows,)
    if logits or draw(st.integers(0, 3)):
        y_pred = draw(scores(column, special, wild=logits))
        options["threshold"] = threshold
        pred = (widened(y_pred) > rounded_cut(threshold, y_pred.dtype, logits)).astype(int).ravel()
    else:
        pred = rng.integers(0, 2, rows)
        y_pred = draw(numbered(pred.reshape(column), floats=False))
    weight, names = draw(weights(rows)), [0, 1]
    if y_pred.dtype.kind in "iub" or draw(st.booleans()):
        options["ignore_index"], ids = draw(_ignored_rows(ids, 2))
        y_true = draw(numbered(ids))
        if draw(st.booleans()):
            options["classes"] = names = ["no", "yes"]
    else:
        options["classes"] = names = draw(st.sampled_from([["no", "yes"], [-1, 1], [5, 2]]))
        if names == ["no", "yes"]:
            y_true = draw(in_words(ids, names))
        else:
            y_true = draw(numbered(np.array(names)[ids]))
    ignore = options.get("ignore_index")
    kept = np.ones(rows, bool) if ignore is None else ids != ignore
    if weight is not None:
        kept &= np.asarray(weight, np.float64) > 0
    assume(kept.any())
    fractions = logits and bool((np.floor(widened(y_pred)) != widened(y_pred)).any())
    # Scores that are all whole numbers may as well be labels.
    options["task"] = draw(st.sampled_from(["binary", "binary", None])) if fractions else "binary"
    case = _case("binary", ids[kept], pred[kept], 2, options)
    case.names = names
    case.weight = None if weight is None else np.asarray(weight, np.float64)[kept]
    options |= draw(averaged(case, lambda c: names[c], ignore if ignore in (0, 1) else None))
    return Problem(y_true, y_pred, case, weight, options)


# ---- many labels a row -------------------------------------------------------------------


def best_labels(values: np.ndarray, kept: np.ndarray, k: int) -> np.ndarray:
    """Flags of the k largest of each row among its cells that count, the earlier among equals."""
    flags = np.zeros(values.shape, int)
    for row, (numbers, counts) in enumerate(zip(values.tolist(), kept, strict=True)):
        order = sorted(np.flatnonzero(counts).tolist(), key=lambda c: (-numbers[c], c))
        flags[row, order[:k]] = 1
    return flags


@st.composite
def multilabel(draw: Any, max_labels: int = 40) -> Problem:
    """(n, L) scores against one threshold or one a label, or the k best of a row; or 0/1 flags."""
    options, rng = draw(ratio_options()), draw(generators())
    shape = rows, n_labels = draw(ROWS), draw(st.integers(1, max_labels))
    options["task"] = "multilabel"
    logits = options["from_logits"] = draw(st.booleans())
    one = st.sampled_from(THRESHOLDS if logits else THRESHOLDS + BELOW_ALL) | st.floats(0, 1)
    threshold = draw(one | st.lists(one, min_size=n_labels, max_size=n_labels))
    each = threshold if isinstance(threshold, list) else [threshold] * n_labels
    k = 0
    if draw(st.integers(0, 3)) == 0:
        options["top_k"] = k = draw(st.integers(1, min(5, n_labels)))
        y_pred = draw(scores(shape, [0.5], wild=True))
        pred = np.zeros(shape, int)
    elif logits or draw(st.integers(0, 4)):
        options["threshold"] = threshold
        inside = [t if t >= 0 else 0.0 for t in each[:5]]
        special = [rounded_cut(t, np.dtype("f8"), logits) for t in inside]
        y_pred = draw(scores(shape, special, wild=logits))
        limits = [rounded_cut(t, y_pred.dtype, logits) for t in each]
        pred = (widened(y_pred) > np.array(limits)).astype(int)
    else:
        pred = (rng.random(shape) < 0.4).astype(int)
        y_pred = draw(numbered(pred, floats=False))
    true = (rng.random(shape) < draw(st.sampled_from([0.4, 0.05, 0.0]))).astype(int)
    ignore = draw(st.sampled_from([None, None, -100, 2, 0]))
    marked = true if ignore is None else np.where(rng.random(shape) < 0.2, ignore, true)
    y_true, weight = draw(numbered(marked)), draw(weights(rows))
    kept = marked != ignore if ignore is not None else np.ones(shape, bool)
    if ignore is not None:
        options["ignore_index"] = ignore
        true = np.where(kept, true, 0)
    if k:
        pred = best_labels(widened(y_pred), kept, k)
        if not kept.all() and draw(st.booleans()):
            y_pred = y_pred.copy()  # nobody looks there
            y_pred[~kept] = to_dtype([np.nan], y_pred.dtype)[0]
    names: list[Any] = list(range(n_labels))
    if n_labels <= len(NAMES) and draw(st.booleans()):
        options["classes"] = names = NAMES[:n_labels]
    case = _case("multilabel", true, pred, n_labels, options)
    case.names, case.kept = names, None if kept.all() else kept
    drop_weightless(case, weight)
    assume(len(case.true) and (case.kept is None or case.kept.any()))
    options |= draw(averaged(case, lambda c: names[c]))
    return Problem(y_true, y_pred, case, weight, options)


def any_task(divided: bool = True) -> st.SearchStrategy[Problem]:
    """A problem of any kind."""
    return st.one_of(labels(), multiclass(divided=divided), binary(), multilabel())
