"""check(...) -> Batch: what a user passed, understood or refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import discover
from .abstentions import predicted_labels
from .arrays import dtype_name, is_floating, refuse_rounded, to_numpy, widened
from .batch import Batch
from .counts import Array
from .errors import F1Error, shape_words, shown
from .float_bits import FORMATS, format_of
from .frame_columns import in_class_order, refuse_own_columns
from .label_lists import read_lists
from .label_rows import LabelRows, as_ids, read, refuse_logits
from .labels import encoder_of
from .options import Options
from .pos_label import named_by_data
from .row_order import refuse_reordered

_SCAN = 1 << 16  # rows looked at before a guess is made


def check(
    y_true: Any,
    y_pred: Any,
    options: Options,
    sample_weight: Any = None,
    width: int | None = None,
    exact: bool = False,
    discover_names: bool = False,
) -> Batch:
    """Read the arrays' shapes and kinds; values are checked while they are counted.

    `width` is the number of classes that earlier batches have settled. What must be known of all
    labels before they are counted is guessed from the first rows, unless `exact`: a wrong guess is
    noticed while counting, and `rescan` then looks at every row. Of lists of names the classes
    are what `options` or columns name, or, to `discover_names`, what occurs.
    """
    as_true, as_pred = y_true, y_pred
    if not (_is_numbers(y_true) and _is_numbers(y_pred)):
        as_true, as_pred, options = read_lists(y_true, y_pred, options, discover_names)
    true = y_true if _is_numbers(y_true) else read(as_true, "y_true", options.task)
    if options.counts_unknown:
        pred = predicted_labels(y_pred, true, options)
    else:
        pred = y_pred if _is_numbers(y_pred) else read(as_pred, "y_pred", options.task)
    if not (pred is y_pred and true is y_true):
        refuse_reordered(y_true=y_true, y_pred=y_pred, sample_weight=sample_weight)
        refuse_own_columns(y_pred, y_true=y_true, sample_weight=sample_weight)
    if true.ndim > 2 or pred.ndim > 2:
        name, array = ("y_true", true) if true.ndim > 2 else ("y_pred", pred)
        raise F1Error(f"{name} is {shape_words(array)}; use one row an item, flattening the rest")
    if len(true) != len(pred):
        raise F1Error(f"y_true has {len(true)} rows, y_pred has {len(pred)}")
    if options.task != "multilabel":  # a single column is a vector, as Keras and torch hand it over
        true = true[:, 0] if true.shape[1:] == (1,) else true
        pred = pred[:, 0] if pred.shape[1:] == (1,) else pred
    if (pred.ndim == 2 or true.ndim == 2) and not (pred is y_pred and true is y_true):
        true, pred, options = in_class_order(y_true, y_pred, true, pred, options, width)
    if not len(true):  # no strings are no numbers either
        true, pred = (np.zeros(a.shape) if a.dtype.kind in "UO" else a for a in (true, pred))
    if true.dtype.kind not in "iub" and not isinstance(true, LabelRows):
        _refuse_swapped(true, pred)
    initial_options = options
    if options.task is None:
        options = options.with_task(discover.task_of(true, pred, options, exact))
    if options.ignore_index is not None:
        _refuse_other_ignored(true, options)
    width = options.n_classes if options.n_classes is not None else width
    batch = _READ[options.task or ""](true, pred, options, width, exact)
    if batch.hard and options.for_scores:
        options.refuse_hard(f"y_pred is {shape_words(pred)}", options.task == "multiclass")
    open_labels = batch.labels is not None and not batch.coded and len(pred) > _SCAN
    if not exact and (open_labels or options.task == "binary"):
        batch.initial_options = initial_options
    if sample_weight is not None:
        batch.weight, batch.weights_unchecked = _weight(sample_weight, len(pred)), True
    return batch


def rescan(batch: Batch) -> Batch:
    """Read a batch again whose classes are a guess from its first rows, looking at all of them."""
    assert batch.initial_options is not None
    return check(batch.true, batch.pred, batch.initial_options, batch.weight, exact=True)


def _is_numbers(value: Any) -> bool:
    """Return whether this is an ndarray of numbers, which is taken as it is."""
    return type(value) is np.ndarray and value.ndim > 0 and value.dtype.kind in "fiub"


def _refuse_other_ignored(true: Array, options: Options) -> None:
    value = options.ignore_index
    if not len(true):
        return
    if true.ndim == 2 and options.task == "multiclass":
        if isinstance(value, str) and value not in (options.names or ()):
            raise F1Error(
                f"ignore_index is {shown(value)}, which no one-hot row can be: classes=[…] names "
                "the columns, a row of nothing but one number can be ignored by that number"
            )
        return
    text = true.dtype.kind in "UO"
    if isinstance(value, str) != text:
        held = "strings" if text else "numbers"
        raise F1Error(f"ignore_index is {shown(value)}, y_true holds {held}")
    if not text:
        refuse_rounded(value, true.dtype, "ignore_index")


def _refuse_swapped(true: Array, pred: Array) -> None:
    if pred.ndim < true.ndim and is_floating(true.dtype) and not is_floating(pred.dtype):
        raise F1Error(
            f"y_true is {shape_words(true)} and y_pred {shape_words(pred)}: "
            "the arguments look swapped, y_true is the truth"
        )
    if is_floating(true.dtype) and not is_floating(pred.dtype) and not discover.whole(true[:_SCAN]):
        at = int(discover.fractions(true[:_SCAN]).argmax())
        value = widened(true.ravel()[at])
        raise F1Error(
            f"y_true holds {shown(value)}, which is no label, and y_pred holds labels: "
            "the arguments look swapped, y_true is the truth"
        )


def _binary(true: Array, pred: Array, options: Options, width: int | None, exact: bool) -> Batch:
    for name, array in (("y_true", true), ("y_pred", pred)):
        if array.ndim == 2:
            raise F1Error(
                f"{name} is {shape_words(array)}, a binary task needs one column: pass that of the "
                "positive class ([:, 1] where it is the second), or say task='multiclass' or "
                "task='multilabel'"
            )
    scored = is_floating(pred.dtype) and not options.counts_unknown
    if not scored:
        _same_kind(true, pred)
    negative = None
    named = options.names is not None or options.counts_unknown  # where a count says 0 and 1
    if not named and (exact or options.pos_label is not None or true.dtype.kind in "UO"):
        options, negative = named_by_data(true, None if scored else pred, options)
    if scored:
        _refuse_floating_labels(true, pred, options)
    encoder, size = encoder_of(options, true), 2 + options.counts_unknown
    return Batch(
        "binary" if scored else "labels", options, true, pred, size, encoder=encoder,
        format=format_of(pred) if scored else None, negative=negative,
    )  # fmt: skip


def _refuse_floating_labels(true: Array, pred: Array, options: Options) -> None:
    """Complain about floats that say one thing as labels and another as scores."""
    names = options.names
    if names is None or isinstance(names[1], str) or not is_floating(true.dtype) or not len(pred):
        return
    if options.for_scores:
        return
    differ = False
    for start in range(0, len(pred), _SCAN):
        block = widened(pred[start : start + _SCAN])
        if not ((block == names[0]) | (block == names[1])).all():
            return
        differ = differ or bool(((block == names[1]) != (block > 0.5)).any())
    if differ:
        raise F1Error(
            f"y_pred holds nothing but {names[0]} and {names[1]} as {dtype_name(pred.dtype)}, "
            f"which may be labels or scores of class {names[1]}: pass labels as integers, or "
            "y_true as integers beside scores"
        )


def _multiclass(
    true: Array, pred: Array, options: Options, width: int | None, exact: bool
) -> Batch:
    if pred.ndim == 1:
        if options.top_k > 1:
            raise F1Error(
                f"top_k={options.top_k} needs scores of shape (n, C), y_pred holds labels"
            )
        return _labels(true, pred, options, width, exact)
    if pred.dtype.kind in "UO":
        raise F1Error(f"y_pred is {shape_words(pred)}; scores are numbers, labels are one a row")
    columns = pred.shape[1]
    if columns != width:
        _fits("y_pred", columns, width)
    if columns == 0:
        raise F1Error(f"y_pred is {shape_words(pred)}; it has no columns")
    if options.top_k > columns:
        raise F1Error(f"top_k is {options.top_k}, y_pred has only {columns} columns")
    onehot = true.ndim == 2
    if onehot and true.shape[1] != columns:
        raise F1Error(f"y_true has {true.shape[1]} columns, y_pred has {columns}")
    encoder = None if onehot else encoder_of(options, true)
    true, onehot = as_ids(true, options.ignore_index is not None)
    form = FORMATS.get(pred.dtype) or format_of(pred)
    if options.divisors is not None:
        _fits_threshold(options, columns)
        if form is None:
            options.refuse_hard(f"y_pred is {shape_words(pred)}")
        form = FORMATS[np.dtype(np.float64)]  # of quotients
    return Batch(
        "multiclass", options, true, pred, columns, encoder=encoder, onehot=onehot, format=form
    )


def _labels(true: Array, pred: Array, options: Options, width: int | None, exact: bool) -> Batch:
    if is_floating(pred.dtype) and not discover.whole(pred):
        raise F1Error(
            f"y_pred is {shape_words(pred)} with fractions; a multiclass task needs scores of "
            "shape (n, C), or whole-numbered labels"
        )
    if true.ndim == 2:
        _fits("y_true", true.shape[1], width)
        encoder = encoder_of(options, pred, "y_pred")
        size = true.shape[1] + options.counts_unknown
        true, onehot = as_ids(true, options.ignore_index is not None or encoder is not None)
        return Batch("labels", options, true, pred, size, onehot=onehot, encoder=encoder)
    _same_kind(true, pred)
    if width is not None:
        encoder, size = encoder_of(options, true), width + options.counts_unknown
        return Batch("labels", options, true, pred, size, encoder=encoder)
    guess = None if exact or options.ignore_index is not None else _SCAN
    labels, encoder, codes = discover.discover_classes(
        true, pred, options.ignore_index, options.confusion, guess
    )
    coded = codes is not None
    true, pred = codes or (true, pred)
    return Batch(
        "labels", options, true, pred, len(labels), encoder=encoder, coded=coded, labels=labels
    )


def _multilabel(
    true: Array, pred: Array, options: Options, width: int | None, exact: bool
) -> Batch:
    for name, array in (("y_true", true), ("y_pred", pred)):
        if array.ndim == 1:
            raise F1Error(
                f"{name} is {shape_words(array)}; a multilabel task needs one column a label "
                "(reshape(-1, 1) for a single one)"
            )
        if array.dtype.kind in "UO":
            raise F1Error(f"{name} is {shape_words(array)}; multilabel arrays hold 0 and 1")
    if true.shape[1] != pred.shape[1]:
        raise F1Error(f"y_true has {true.shape[1]} columns, y_pred has {pred.shape[1]}")
    labels = pred.shape[1]
    _fits("y_pred", labels, width)
    if labels == 0:
        raise F1Error(f"y_pred is {shape_words(pred)}; it has no columns")
    _fits_threshold(options, labels)
    if options.top_k > labels:
        raise F1Error(f"top_k is {options.top_k}, y_pred has only {labels} columns")
    if isinstance(pred, LabelRows) and options.from_logits:
        refuse_logits()
    form = FORMATS.get(pred.dtype) or format_of(pred)
    return Batch("multilabel", options, true, pred, labels, format=form)


_READ = {"binary": _binary, "multiclass": _multiclass, "multilabel": _multilabel}


def _fits_threshold(options: Options, columns: int) -> None:
    if isinstance(options.threshold, tuple) and len(options.threshold) != columns:
        raise F1Error(
            f"threshold has {len(options.threshold)} values, y_pred has {columns} columns"
        )


def _fits(name: str, columns: int, width: int | None) -> None:
    if width is not None and columns != width:
        raise F1Error(f"{name} has {columns} columns, there are {width} classes")


def _same_kind(true: Array, pred: Array) -> None:
    if (true.dtype.kind in "UO") != (pred.dtype.kind in "UO"):
        raise F1Error(
            f"y_true has dtype {true.dtype} and y_pred {pred.dtype}: "
            "labels are strings on both sides or numbers on both"
        )


def _weight(sample_weight: Any, rows: int) -> Array:
    weight = to_numpy(sample_weight, "sample_weight")
    if weight.shape[1:] == (1,):
        weight = weight[:, 0]
    if weight.shape != (rows,):
        raise F1Error(f"sample_weight is {shape_words(weight)}, there are {rows} rows")
    weight = widened(weight)
    if weight.dtype.kind not in "iubf":
        held = "strings" if weight.dtype.kind in "UO" else f"dtype {weight.dtype}"
        raise F1Error(f"sample_weight holds {held}; weights are numbers")
    return weight
