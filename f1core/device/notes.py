"""Notes: how many rows of torch's batches a device refused, and which was the first.

Four integers: rows with a wrong target; rows with a wrong score; which was the first, as FIRST less
its batch, row and reason, so that the largest is the first and 0 is none; and how many batches
compiled steps have added, which count them here.
"""

from __future__ import annotations

from ..arrays import Array
from ..errors import F1Error
from .form import Form

NOTES = 4
FIRST = 1 << 62
ROW_BITS, BATCH_BITS = 1, 36  # bits below those of the row, and of the batch
MOST_BATCHES = (1 << 26) - 2  # later ones are noted as this one
HINT = ", reset() starts anew, and check='now' refuses a batch at once"


def noted_number(notes: Array) -> int:
    """The number of the first batch of which rows were refused."""
    return (FIRST - int(notes[2])) >> BATCH_BITS


def refuse_noted(
    notes: Array, form: Form, names: tuple[str, str] = ("target", "preds"), hint: str = HINT
) -> None:
    """Raise what was refused while it was counted, if anything was.

    Raises
    ------
    F1Error
        With the number of rows, and the first of them.
    """
    wrong = int(notes[0] + notes[1])
    if not wrong:
        return
    key, number = FIRST - int(notes[2]), noted_number(notes)
    row, reason = (key & ((1 << BATCH_BITS) - 1)) >> ROW_BITS, key & 1
    several = "1 row was" if wrong == 1 else f"{wrong:,} rows were"
    raise F1Error(
        f"{several} refused, the first in update {number}, {names[reason]} at row {row}: "
        f"{_why(form, bool(reason))}; nothing of {'it' if wrong == 1 else 'them'} was counted{hint}"
    )


def _why(form: Form, predicted: bool) -> str:
    """Say what cannot be counted, and what would do."""
    options, listed = form.options, f"0…{form.classes - 1}"
    numbered = options.names is None and options.counts_unknown  # and none of them has a name
    if form.labels is not None and not numbered:
        listed = str(options.names if options.names is not None else form.labels.tolist())
    if predicted:
        if form.kind == "labels":
            return f"it is none of the classes {listed}"
        if form.hard:
            return "multilabel flags are 0 or 1"
        if form.limits is None:
            return "a score is NaN"
        return "a score is NaN or outside [0, 1] (if these are logits, say from_logits=True)"
    if form.kind == "multilabel":
        return "multilabel targets are 0 or 1"
    if form.onehot:
        return "it is not a one-hot row (a single 1, the rest 0)"
    if form.labels is None and options.task == "binary":
        return "binary targets are 0 or 1 (classes=[negative, positive] names others)"
    return f"it is none of the classes {listed} (ignore_index= leaves rows out)"
