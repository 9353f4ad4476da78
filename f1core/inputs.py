"""check(...) -> Batch: what a user passed, understood or refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import discover
from .arrays import BFLOAT16, column_names, dtype_name, refuse_rounded, to_numpy, widened
from .batch import Batch
from .columns_by_name import arrange
from .counts import Array
from .errors import F1Error, shape_words, shown
from .float_bits import FORMATS, format_of
from .labels import LabelEncoder
from .options import Options
from .pos_label import named_by_data
from .row_order import refuse_reordered
from .stray_columns import kinds_of, refuse_own_columns, refuse_stray

_SCAN = 1 << 16  # rows looked at before a guess is made


def check(
    y_true: Any,
    y_pred: Any,
    options: Options,
    sample_weight: Any = None,
    width: int | None = None,
    exact: bool = False,
) -> Batch:
    """Read the arrays' shapes and kinds; values are checked while they are counted.

    `width` is the number of classes that earlier batches have settled. What must be known of all
    labels before they are counted is guessed from the first rows, unless `exact`: a wrong guess is
    noticed while counting, and `rescan` then looks at every row.
    """
    true = y_true if _is_numbers(y_true) else to_numpy(y_true, "y_true")
    pred = y_pred if _is_numbers(y_pred) else to_numpy(y_pred, "y_pred")
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
        true, pred, options = _by_name(y_true, y_pred, true, pred, options, width)
    if not len(true):  # no strings are no numbers either
        true, pred = (np.zeros(a.shape) if a.dtype.kind in "UO" else a for a in (true, pred))
    if true.dtype.kind not in "iub":
        _refuse_swapped(true, pred)
    asked = options
    if options.task is None:
        options = options.with_task(_task_of(true, pred, options, exact))
    if options.ignore_index is not None:
        _refuse_other_ignored(true, options)
    width = options.n_classes if options.n_classes is not None else width
    batch = _READ[options.task or ""](true, pred, options, width, exact)
    if (options.threshold != 0.5 or options.from_logits) and batch.hard:
        options.refuse_hard(f"y_pred is {shape_words(pred)}")
    open_labels = batch.labels is not None and not batch.coded and len(pred) > _SCAN
    if not exact and (open_labels or options.task == "binary"):
        batch.asked = asked
    if sample_weight is not None:
        batch.weight, batch.weights_unchecked = _weight(sample_weight, len(pred)), True
    return batch


def rescan(batch: Batch) -> Batch:
    """Read a batch again whose classes are a guess from its first rows, looking at all of them."""
    assert batch.asked is not None
    return check(batch.true, batch.pred, batch.asked, batch.weight, exact=True)


def _is_numbers(value: Any) -> bool:
    """Whether this is an ndarray of numbers, which is taken as it is."""
    return type(value) is np.ndarray and value.ndim > 0 and value.dtype.kind in "fiub"


def _by_name(
    y_true: Any, y_pred: Any, true: Array, pred: Array, options: Options, width: int | None
) -> tuple[Array, Array, Options]:
    """Frames' columns in the order of the classes, and options that know what they call them."""
    matrices = true.ndim == pred.ndim == 2
    if options.task == "binary" or (matrices and true.shape != pred.shape):
        return true, pred, options  # which is refused
    target, scores = (
        _names(value, array, name)
        for value, array, name in ((y_true, true, "y_true"), (y_pred, pred, "y_pred"))
    )
    if target is None and scores is None:
        return true, pred, options
    count = width if options.n_classes is None else options.n_classes
    if options.names is None and count not in (None, len(target or scores or ())):
        return true, pred, options  # which is refused
    if options.names is None and scores is not None:
        refuse_stray(scores, kinds_of(y_pred), pred[:_SCAN].T, "y_pred")
    labels = None
    if options.names is None and not matrices:
        labels = _some_words(true if true.ndim == 1 else pred, options.ignore_index)
    orders = arrange(
        target, scores, classes=options.names, count=count, labels=labels, matrices=matrices
    )
    names = orders.names
    if names is not None and names != list(range(len(names))):
        if width is not None:
            raise F1Error(
                f"earlier rows came without names of columns, these have {shown(names)}: name the "
                "classes from the start, classes=[…], or pass .to_numpy() to go by position"
            )
        options = options.with_names(names)
    return _taken(true, orders.target), _taken(pred, orders.scores), options


def _names(value: Any, array: Array, name: str) -> tuple[Any, ...] | None:
    """Return what the columns of a matrix are called, if several have names."""
    if array.ndim != 2 or array.shape[1] < 2:
        return None
    names = column_names(value, name)
    return names if names is not None and len(names) == array.shape[1] else None


def refuse_nameless(batch: Batch, y_true: Any, y_pred: Any) -> None:
    """Complain about columns without names after rows whose columns named the classes.

    Raises
    ------
    F1Error
        Since nothing says that they come in the order of the earlier ones.
    """
    for value, array, name in ((y_true, batch.true, "y_true"), (y_pred, batch.pred, "y_pred")):
        if array.ndim == 2 and array.shape[1] > 1 and _names(value, array, name) is None:
            raise F1Error(
                f"the columns of earlier rows have names, {shown(batch.options.names)}, those of "
                f"{name} have none: name them, or say classes=[…] from the start"
            )


def _taken(array: Array, order: list[int] | None) -> Array:
    """The columns in another order; without a copy where it is the same."""
    return array if order is None or order == list(range(len(order))) else array[:, order]


def _some_words(labels: Array, ignored: Any) -> set[Any] | None:
    """Return the labels of the first rows as a set where they are text, else None."""
    return set(labels[:_SCAN].tolist()) - {ignored} if labels.dtype.kind in "UO" else None


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


def _is_score(array: Array) -> bool:
    return array.dtype.kind == "f" or array.dtype == BFLOAT16


def _refuse_swapped(true: Array, pred: Array) -> None:
    if pred.ndim < true.ndim and _is_score(true) and not _is_score(pred):
        raise F1Error(
            f"y_true is {shape_words(true)} and y_pred {shape_words(pred)}: "
            "the arguments look swapped, y_true is the truth"
        )
    if _is_score(true) and not _is_score(pred) and not discover.whole(true[:_SCAN]):
        at = int(discover.fractions(true[:_SCAN]).argmax())
        raise F1Error(
            f"y_true holds {shown(true.ravel()[at])}, which is no label, and y_pred holds labels: "
            "the arguments look swapped, y_true is the truth"
        )


def _task_of(true: Array, pred: Array, options: Options, exact: bool) -> str:
    """The task that shapes and values leave no doubt about."""
    if true.ndim == 2:
        raise F1Error(
            f"y_true is {shape_words(true)}: say task='multiclass' (one-hot rows) "
            "or task='multilabel' (any number of 1s in a row)"
        )
    if pred.ndim == 2:
        return "multiclass"
    if options.n_classes not in (None, 2):
        return "multiclass"
    if _is_score(pred):
        flags = discover.zeros_and_ones(true[:_SCAN], options.ignore_index)
        labels = not flags and discover.whole(pred)
        return "multiclass" if labels else "binary"
    seen = slice(None if exact else _SCAN)
    flags = discover.zeros_and_ones(true[seen], options.ignore_index)
    return "binary" if flags and discover.zeros_and_ones(pred[seen]) else "multiclass"


def _binary(true: Array, pred: Array, options: Options, width: int | None, exact: bool) -> Batch:
    for name, array in (("y_true", true), ("y_pred", pred)):
        if array.ndim == 2:
            raise F1Error(
                f"{name} is {shape_words(array)}, a binary task needs one column: pass that of the "
                "positive class ([:, 1] where it is the second), or say task='multiclass' or "
                "task='multilabel'"
            )
    scored = _is_score(pred)
    if not scored:
        _same_kind(true, pred)
    negative = None
    if options.names is None and (
        exact or options.pos_label is not None or true.dtype.kind in "UO"
    ):
        options, negative = named_by_data(true, None if scored else pred, options)
    if scored:
        _refuse_floating_labels(true, pred, options)
    encoder = _encoder_of(options, true)
    return Batch(
        "binary" if scored else "labels", options, true, pred, 2, encoder=encoder,
        format=format_of(pred) if scored else None, negative=negative,
    )  # fmt: skip


def _refuse_floating_labels(true: Array, pred: Array, options: Options) -> None:
    """Complain about floats that say one thing as labels and another as scores."""
    names = options.names
    if names is None or isinstance(names[1], str) or not _is_score(true) or not len(pred):
        return
    if options.threshold != 0.5 or options.from_logits:  # these are for scores alone
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
    encoder = None if onehot else _encoder_of(options, true)
    return Batch(
        "multiclass", options, true, pred, columns, encoder=encoder, onehot=onehot,
        format=FORMATS.get(pred.dtype) or format_of(pred),
    )  # fmt: skip


def _labels(true: Array, pred: Array, options: Options, width: int | None, exact: bool) -> Batch:
    if _is_score(pred) and not discover.whole(pred):
        raise F1Error(
            f"y_pred is {shape_words(pred)} with fractions; a multiclass task needs scores of "
            "shape (n, C), or whole-numbered labels"
        )
    if true.ndim == 2:
        _fits("y_true", true.shape[1], width)
        encoder = _encoder_of(options, pred, "y_pred")
        return Batch("labels", options, true, pred, true.shape[1], onehot=True, encoder=encoder)
    _same_kind(true, pred)
    if width is not None:
        return Batch("labels", options, true, pred, width, encoder=_encoder_of(options, true))
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
    if isinstance(options.threshold, tuple) and len(options.threshold) != labels:
        raise F1Error(f"threshold has {len(options.threshold)} values, y_pred has {labels} columns")
    form = FORMATS.get(pred.dtype) or format_of(pred)
    return Batch("multilabel", options, true, pred, labels, format=form)


_READ = {"binary": _binary, "multiclass": _multiclass, "multilabel": _multilabel}


def _fits(name: str, columns: int, width: int | None) -> None:
    if width is not None and columns != width:
        raise F1Error(f"{name} has {columns} columns, there are {width} classes")


def _same_kind(true: Array, pred: Array) -> None:
    if (true.dtype.kind in "UO") != (pred.dtype.kind in "UO"):
        raise F1Error(
            f"y_true has dtype {true.dtype} and y_pred {pred.dtype}: "
            "labels are strings on both sides or numbers on both"
        )


def _encoder_of(options: Options, labels: Array, name: str = "y_true") -> LabelEncoder | None:
    """Return the encoder of labels, given the classes; None where they are ids already."""
    names, text = options.names, labels.dtype.kind in "UO"
    if names is None:
        if text:
            raise F1Error(
                f"{name} holds strings ({shown(labels[0]) if len(labels) else labels.dtype}): "
                "name the classes in column order, classes=[…]"
            )
        return None
    if isinstance(names[0], str):
        if not text and options.pos_label is not None:  # numbers are places in classes= as given
            return LabelEncoder((1, 0))
        if labels.dtype.kind == "b" and {name.casefold() for name in names} == {"true", "false"}:
            return LabelEncoder(tuple(int(name.casefold() == "true") for name in names))
        return LabelEncoder(names) if text else None
    if text:
        raise F1Error(f"{name} holds strings, classes are numbers: {shown(names)}")
    return None if names == tuple(range(len(names))) else LabelEncoder(names)


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
