"""Named classes in the order of counts: the positive one last, "no span" behind types of spans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import F1Error, amount, did_you_mean, shown

if TYPE_CHECKING:
    from .options import Options

OUTSIDE = "\U0010ffff"  # the class "no span" of rows that are spans: it sorts behind all types

Names = tuple[Any, ...]


def with_positive(
    task: str | None, names: Names | None, n_classes: int | None, pos_label: Any
) -> tuple[str, Names | None, Any]:
    """Return the task, its names with the positive class last, and `Options.pos_label`."""
    sentence = f"pos_label={shown(pos_label)} is the positive class of a binary task"
    if task not in (None, "binary"):
        raise F1Error(f"{sentence}, the task is {task}")
    if n_classes is not None and n_classes != 2:
        raise F1Error(f"{sentence}, classes has {amount(n_classes, 'entry', 'entries')}")
    if names is None:
        return "binary", None, pos_label
    if pos_label not in names:
        raise F1Error(
            f"pos_label is {shown(pos_label)}, which is none of the classes {shown(names)}"
            + did_you_mean(pos_label, names)
        )
    if pos_label == names[1]:
        return "binary", names, None
    # Names that are numbers are what labels are; those that are words may stand for positions.
    return "binary", names[::-1], pos_label if isinstance(pos_label, str) else None


def with_outside(
    task: str | None, names: Names | None, n_classes: int | None
) -> tuple[Names | None, int | None]:
    """Return the types of spans with OUTSIDE behind them, and how many classes these are."""
    if task != "multiclass":
        raise F1Error(f"spans are of a multiclass task, the task is {task}")
    if n_classes is None:
        return None, None
    if names is None or not isinstance(names[0], str) or OUTSIDE in names:
        came = n_classes if names is None else list(names)
        raise F1Error(f"classes is {shown(came)}; name the types of spans, as text")
    return (*names, OUTSIDE), n_classes + 1


def refuse_no_unknown(options: Options) -> None:
    """Complain about unknown="miss" where no predicted label can be unknown, or all may be."""
    sentence = "unknown='miss' counts predicted labels that are none of the classes"
    task = options.task if options.spans is None else "spans"
    if task in ("multilabel", "spans") or options.top_k > 1:
        came = f"top_k is {options.top_k}" if options.top_k > 1 else f"the task is {task}"
        raise F1Error(f"{sentence}, one label a row, and {came}: leave it out")
    if options.n_classes is None or options.finds_negative:
        # What the truth of a batch lacks may be a class: a miss here, a false positive elsewhere.
        named = "[negative, positive]" if task == "binary" else "[…]"
        raise F1Error(f"{sentence}, so these must be said: classes={named}")
