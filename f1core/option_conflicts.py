"""Options that contradict each other: one plain sentence for each pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import F1Error, amount, shown
from .named_classes import refuse_no_unknown

if TYPE_CHECKING:
    from .options import Options


def refuse_conflicts(options: Options) -> None:
    """Refuse options that contradict each other."""
    width, task = options.n_classes, options.task
    if options.pos_label is not None and options.pos_label == options.ignore_index:
        raise F1Error(
            f"pos_label is {shown(options.pos_label)}, which ignore_index leaves out: "
            "a binary task needs both of its classes"
        )
    if options.pos_label is not None and task not in (None, "binary"):
        raise F1Error(
            f"pos_label={shown(options.pos_label)} is the positive class of a binary task, "
            f"the task is {task}"
        )
    if task == "binary" and width is not None and width != 2:
        said = f"classes has {amount(width, 'entry', 'entries')}"
        raise F1Error(f"{said}, a binary task has 2: the negative one first")
    if options.top_k > 1 or options.ranks:
        if task == "binary":
            raise F1Error(
                f"top_k={options.top_k} is for multiclass and multilabel scores, the task is {task}"
            )
        if width is not None and options.top_k > width:
            there = "is only 1 class" if width == 1 else f"are only {width} classes"
            raise F1Error(f"top_k is {options.top_k}, there {there}")
        if options.ranks and options.threshold != 0.5:
            raise F1Error(
                f"threshold={shown(options.threshold)} and top_k={options.top_k} both say which "
                "labels a row predicts: leave one of them out"
            )
        if options.confusion and task != "multilabel":
            raise F1Error("confusion=True needs one predicted class a row: use top_k=1")
    if task == "multilabel" and options.confusion:
        raise F1Error(
            "confusion=True keeps a (C, C) matrix, which a multilabel task has not: leave it out, "
            "each label's (2, 2) table is always kept"
        )
    cuts = options.threshold if isinstance(options.threshold, tuple) else None
    if task == "multiclass" and cuts is None and options.threshold != 0.5:
        raise F1Error(
            f"threshold={options.threshold:g} is for binary and multilabel tasks: a multiclass "
            "task predicts the largest score, or with a threshold for each class the largest "
            "score over its threshold"
        )
    if options.below_all and (task == "multiclass" or options.from_logits):
        raise F1Error(
            f"threshold is {shown(options.threshold)}, and below 0 below every probability: logits "
            "may be -inf, and classes' scores are divided, so give numbers in [0, 1]"
        )
    if cuts is not None and task == "binary":
        raise F1Error("threshold is a list, one for each class or label; a binary task has one")
    if cuts is not None and width not in (None, len(cuts)):
        each = "label" if task == "multilabel" else "class"
        raise F1Error(
            f"threshold has {len(cuts)} values, classes has {width}: give one for each {each}"
        )
    if isinstance(options.average_over, tuple) and width is not None:
        options.places(options.average_over, width)
    if options.counts_unknown:
        refuse_no_unknown(options)
