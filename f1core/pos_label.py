"""Find which of a binary task's two labels is positive, where `classes=` does not say it."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from .arrays import widened
from .counts import Array
from .errors import F1Error, one_of, shown
from .options import Options

_BLOCK = 1 << 16  # rows looked at in one go, so that no scan makes a full-size temporary


def named_by_data(true: Array, pred: Array | None, options: Options) -> tuple[Options, Any]:
    """The options with the classes that the labels name, and the negative one, if it occurs.

    Labels occur in rows whose weight is 0 too, but not in rows of `ignore_index`. Where only 0 and
    1 occur nothing needs a name, and the options are the same. `pred` is None where scores are
    predicted.
    """
    positive = options.pos_label
    if positive is not None:
        _refuse_other_kind(true, positive)
    known = [] if positive is None else [positive]
    found = list(_labels(true, pred, options.ignore_index, known))
    if positive is None:
        if set(found) <= {0, 1}:
            return options, 0 if 0 in found else None
        if 1 not in found and found != [-1]:
            _refuse_unnamed(found)
        positive = 1
    negative = next((label for label in found if label != positive), None)
    return with_negative(options, negative, positive), negative


def with_negative(options: Options, negative: Any, positive: Any = None) -> Options:
    """Name both classes in the options, with a stand-in for a negative one not known yet."""
    positive = options.pos_label if positive is None else positive
    positive = 1 if positive is None else positive
    if negative is None:
        negative = _stand_in(positive, options.average_over)
    return options.with_labels(negative, positive)


def with_fixed_labels(options: Options) -> Options:
    """Name both classes before there is any data, in which labels are 0 and 1; or refuse."""
    if not options.finds_negative:
        return options
    if options.pos_label not in (0, 1):
        raise F1Error(
            f"pos_label is {shown(options.pos_label)}, and the other label must be known before "
            f"the first batch: classes=[negative, {shown(options.pos_label)}]"
        )
    return options.with_labels(1 - options.pos_label, options.pos_label)


def agreed(own: Any, other: Any) -> Any:
    """Return the negative class that two sides agree on, None if neither has seen it; or refuse."""
    if own is not None and other is not None and own != other:
        raise F1Error(
            f"the negative class is {shown(other)} here and {shown(own)} in earlier rows: "
            "a binary task has two labels, task='multiclass' counts more"
        )
    return other if own is None else own


def _stand_in(positive: Any, average_over: Any) -> Any:
    """Name a negative class that does not occur."""
    if isinstance(average_over, tuple):
        for entry in average_over:
            if entry != positive and isinstance(entry, str) == isinstance(positive, str):
                return entry
    if isinstance(positive, str):
        return f"not {positive}"
    return 1 if positive in (0, -1) else 0


def _labels(
    true: Array, pred: Array | None, ignored: Any, known: list[Any]
) -> dict[Any, tuple[str, int]]:
    """The known labels and the others, in the order in which they occur, and where that is."""
    found = dict.fromkeys(known, ("", 0))
    for start in range(0, len(true), _BLOCK):
        rows = slice(start, start + _BLOCK)
        kept = None if ignored is None else np.asarray(widened(true[rows]) != ignored)
        for name, array in (("y_true", true), ("y_pred", pred)):
            if array is None:
                continue
            block = widened(array[rows])
            if len(found) == 2 and np.logical_or(*(block == label for label in found)).all():
                continue
            left = np.ones(len(block), bool) if kept is None else kept.copy()
            if block.dtype.kind == "f":  # a fraction or NaN is no label, which counting refuses
                left &= np.floor(block) == block
                left &= np.isfinite(block)
            for label in found:
                left &= block != label
            while left.any():
                row = int(left.argmax())
                label = _plain(block[row])
                found[label] = name, start + row
                if len(found) > 2:
                    _refuse_idle_label(true, pred, ignored, known, found)
                    _refuse_third_label(found)
                left &= block != label
    return found


def _plain(label: Any) -> Any:
    label = label.item() if hasattr(label, "item") else label
    return label if isinstance(label, str) else int(label)


def _refuse_other_kind(true: Array, positive: Any) -> None:
    text = true.dtype.kind in "UO"
    if len(true) and isinstance(positive, str) != text:
        held = "strings" if text else "numbers"
        raise F1Error(f"pos_label is {shown(positive)}, y_true holds {held}")


def _refuse_idle_label(
    true: Array, pred: Array | None, ignored: Any, known: list[Any], found: dict[Any, Any]
) -> None:
    """Complain about a positive class that no row has, where two other labels occur."""
    counts = True if ignored is None else np.asarray(widened(true) != ignored)
    for positive in known:
        sides = [side for side in (true, pred) if side is not None]
        if not any((np.asarray(widened(side) == positive) & counts).any() for side in sides):
            seen = [label for label in found if label != positive]
            raise F1Error(one_of("pos_label", positive, seen))


def _refuse_third_label(found: dict[Any, tuple[str, int]]) -> NoReturn:
    odd = [label for label in found if label not in (0, 1)]
    third = odd[0] if len(odd) == 1 and found[odd[0]][0] else [*found][-1]
    name, row = found[third]
    one, other = (  # what was said has no row yet
        shown(label) if found[label][0] else f"pos_label={shown(label)}"
        for label in found
        if label != third
    )
    raise F1Error(
        f"{name} is {shown(third)} at row {row}, a third label beside {one} and {other}; a binary "
        "task has two (classes=[negative, positive] names them, task='multiclass' counts more)"
    )


def _refuse_unnamed(found: list[Any]) -> NoReturn:
    if len(found) == 1:
        raise F1Error(
            f"the only label is {shown(found[0])}, which may be the positive or the negative "
            "class: say pos_label=, or classes=[negative, positive]"
        )
    one, other = sorted(found)
    raise F1Error(
        f"the labels are {shown(one)} and {shown(other)}, and nothing says which one is positive: "
        f"pos_label={shown(other)} or pos_label={shown(one)} does, "
        "or classes=[negative, positive]"
    )
