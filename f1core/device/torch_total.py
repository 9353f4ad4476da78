"""TorchTotal: counts that stay on the devices of their batches until somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..accumulator import Accumulator
from ..arrays import Array
from ..counts import Counts
from ..errors import F1Error
from ..options import Options
from .form import Form
from .notes import HINT, NOTES, noted_number, refuse_noted
from .torch_counter import Batch, TorchCounter, zeros


class _Held(NamedTuple):
    """Counts and notes on one device: two views of one tensor, so that one copy brings both."""

    form: Form
    flat: Tensor
    counts: Tensor
    notes: Tensor


class TorchTotal:
    """Adds batches up where they lie, onto one vector a device.

    `names` are those of a target and of a score in what is refused, `hint` is its end; `settled`
    tells how many classes batches elsewhere have had.
    """

    def __init__(
        self,
        at_once: bool = False,
        names: tuple[str, str] = ("target", "preds"),
        hint: str = HINT,
        settled: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._settled = settled
        self._at_once = at_once  # whether every batch is asked for what was refused of it
        self._names, self._hint = names, hint
        self._held: dict[torch.device, _Held] = {}
        self._number = 0  # of batches since the last reset
        self.seen = False  # whether a batch came since counts were moved, but in a compiled step
        self._forms: list[tuple[int, Form]] = []  # from which batch on batches had which form

    def begin(self, form: Form, device: torch.device) -> None:
        """Make room for batches of this form, unless earlier ones have another number of classes.

        Raises
        ------
        F1Error
            If they have.
        """
        width = self._settled()
        if width not in (None, form.classes):
            raise F1Error(f"preds has {form.width} columns, there are {width} classes")
        for place, held in [*self._held.items()]:
            if held.form.length == form.length:
                continue
            if bool(held.flat[:-1].any()):
                raise F1Error(
                    f"preds has {form.width} columns, there are {held.form.width} classes"
                )
            del self._held[place]  # of a batch that added nothing, or of before a reset
        if device not in self._held:
            self._held[device] = _held(form, device)

    def add(self, counter: TorchCounter, batch: Batch) -> None:
        """Add a batch.

        Raises
        ------
        F1Error
            Where every batch is asked, if it cannot be counted: nothing of it is then added.
        """
        device = batch.pred.device
        if not batch.pred.shape[0]:
            return
        compiling = torch.compiler.is_compiling()
        if not compiling:
            held_now = self._held.get(device)
            if held_now is None or held_now.form.length != counter.form.length:
                self.begin(counter.form, device)
            self._number += 1
            self.seen = True
            if not self._forms or self._forms[-1][1] is not counter.form:
                self._forms.append((self._number, counter.form))
        held = self._held[device]
        if not self._at_once:
            counter.add(held.counts, held.notes, batch, self._number)
            return
        try:
            held.flat.add_(counted_now(counter, batch, self._number))
        except F1Error:
            self._number, self.seen = self._number - 1, False
            raise

    def found(self) -> list[tuple[Counts, Options]]:
        """Copy to the host what each device has counted; one copy a device.

        Raises
        ------
        F1Error
            If rows were refused.
        """
        made = []
        for held in self._held.values():
            whole, form = held.flat.cpu().numpy(), held.form
            notes = whole[form.length :]
            refuse_noted(notes, self._form_of(notes) or form, self._names, self._hint)
            counts = form.counts(whole[: form.length])
            if counts.amount or self.seen:
                made.append((counts, form.options))
        return made

    def move_to(self, own: Accumulator) -> None:
        """Add all of it to an accumulator, and begin anew.

        Raises
        ------
        F1Error
            If rows were refused, or do not belong together with those that the accumulator has.
        """
        made = self.found()
        if not made:
            return
        (counts, options), *others = made
        for more, _ in others:
            counts = counts + more
        own.add_counts(counts, options)
        self.clear()

    def take(self) -> list[Tensor]:
        """Hand over the counts and notes of each device, in one tensor, and begin anew."""
        taken = [held.flat.clone() for held in self._held.values()]
        self.clear()
        return taken

    def _form_of(self, notes: Array) -> Form | None:
        """The form of the first batch of which rows were refused."""
        number = noted_number(notes)
        return next((form for first, form in reversed(self._forms) if first <= number), None)

    def clear(self) -> None:
        """Forget what was counted, where it is: a captured graph goes on adding to it."""
        for held in self._held.values():
            held.flat.zero_()
        self.seen = False

    def reset(self) -> None:
        """Forget what was counted, and begin to number batches anew."""
        self.clear()
        self._number = 0
        self._forms.clear()


def _held(form: Form, device: torch.device) -> _Held:
    flat = zeros(form.length + NOTES, device)
    return _Held(form, flat, flat[: form.length], flat[form.length :])


def counted_now(counter: TorchCounter, batch: Batch, number: int) -> Tensor:
    """The counts of a batch by itself, and its notes, which are none.

    Raises
    ------
    F1Error
        If it cannot be counted: the CPU says which value of which row.
    """
    alone = _held(counter.form, batch.pred.device)
    counter.add(alone.counts, alone.notes, batch, number)
    if bool(alone.notes[:2].any()):
        probe = Accumulator.of(counter.form.options)
        probe.update(batch.true.cpu(), batch.pred.cpu())
        refuse_noted(alone.notes.cpu().numpy(), counter.form)
    return alone.flat
