"""CountStates: the states of a torchmetrics metric, which batches on a device are added onto."""

from __future__ import annotations

from collections.abc import Iterator
from functools import wraps
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from ..arrays import Array
from ..device.notes import NOTES
from ..device.torch_counter import added_notes, zeros
from .state_vector import Vectors
from .waiting import Waiting, open_to_additions


class CountStates(Metric):  # type: ignore[misc, unused-ignore]
    """A metric whose states are counts, sums of weights, and notes of what was refused.

    torchmetrics replaces states where it resets, adds and syncs them. A CUDA graph goes on counting
    where it was captured, so what was counted on a device stays where it is.
    """

    def _add_states(self, vectors: Vectors, at_once: bool) -> None:
        self._vectors, self._at_once = vectors, at_once
        # A collection lets metrics share states of equal names that were equal once.
        self._counts, self._weights, self._notes = (
            f"{name}_{vectors.digest}" for name in ("counts", "weights", "notes")
        )
        for name, add in ((self._counts, self._add_counts), (self._weights, self._add_weights)):
            self.add_state(name, zeros(vectors.length, None), dist_reduce_fx=add)
        self.add_state(self._notes, zeros(NOTES, None), dist_reduce_fx=added_notes)
        self._begin()

    def _begin(self) -> None:
        self._waiting = Waiting(self._vectors, self._add, self._at_once)
        self._counted_onto: tuple[Tensor, Tensor] | None = None  # the last counts and notes
        self._in_forward = False

    def __getstate__(self) -> dict[str, Any]:
        self._settle()
        made: dict[str, Any] = super().__getstate__()
        own = ("_waiting", "_counted_onto", "_in_forward")
        return {name: value for name, value in made.items() if name not in own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._begin()

    def _wrap_update(self, update: Any) -> Any:
        """Note that there was an update, as torchmetrics does, in 1 µs for 4.

        A compiled step does not count them: it would be compiled anew for each number.
        """

        @wraps(update)
        def wrapped(*args: Any, **kwargs: Any) -> None:
            own = self.__dict__
            own["_computed"] = None
            own["_update_count"] = 1 if torch.compiler.is_compiling() else own["_update_count"] + 1
            update(*args, **kwargs)

        return wrapped

    def _update_there(self, preds: Any, target: Any, sample_weight: Any) -> None:
        """Add a batch that lies on a device."""
        states = self.__dict__
        for name in (self._counts, self._notes):
            states[name] = open_to_additions(states[name])
        self._counted_onto = states[self._counts], states[self._notes]
        self._waiting.update(preds, target, sample_weight, *self._counted_onto)

    def _add(self, found: Array) -> None:
        """Add what the host has counted."""
        states = self.__dict__  # where they are; `setattr` of a module costs a tenth of an update
        added = torch.from_numpy(found)
        if not states[self._counts].is_cpu:
            added = added.to(self.device)
        if added.dtype == torch.int64:
            places = {} if self._counted_onto is None else self._places()
            states[self._counts] = states[self._counts] + added
            self._keep(places)
        else:
            both = torch.stack([states[self._weights], added.view(torch.int64)])
            states[self._weights] = self._add_weights(both)

    def _counted(self) -> Iterator[Any]:
        """Counts and sums of weights, once somebody asks."""
        yield from self._sums()[:2]

    def _sums(self) -> list[Any]:
        """Counts, sums of weights and notes of what was refused, in one copy."""
        self._settle()
        states = [getattr(self, name) for name in (self._counts, self._weights, self._notes)]
        counts, weights, notes = np.split(
            torch.cat(states).cpu().numpy(), np.cumsum([self._vectors.length] * 2)
        )
        return [counts, weights.view("f8"), notes]

    def _add_counts(self, parts: Tensor) -> Tensor:
        """Counts of several processes or metrics, stacked."""
        return torch.from_numpy(self._vectors.added(parts.cpu().numpy())).to(parts.device)

    def _add_weights(self, parts: Tensor) -> Tensor:
        """Sums of weights, as the bits of float64: no cast to half precision touches an int64."""
        found = self._vectors.added(parts.cpu().numpy().view("f8"))
        return torch.from_numpy(found.view("i8")).to(parts.device)

    def set_dtype(self, dst_type: Any) -> CountStates:
        """Counts stay whole numbers, whatever the model's dtype."""
        return self

    @property
    def _defaults(self) -> dict[str, Tensor]:  # type: ignore[override, unused-ignore]
        """The states' names: who looks at states by them finds what was on its way counted."""
        self._settle()
        names: dict[str, Tensor] = self.__dict__["_defaults"]
        return names

    @_defaults.setter
    def _defaults(self, names: dict[str, Tensor]) -> None:
        self.__dict__["_defaults"] = names

    def _settle(self) -> None:
        """Add to the state what has waited for it."""
        waiting, states = self.__dict__.get("_waiting"), self.__dict__
        for flat in () if waiting is None else waiting.settle():
            places = self._places()
            flat = flat.to(states[self._counts].device)
            states[self._counts] = states[self._counts] + flat[:-NOTES]
            both = torch.stack([states[self._notes], flat[-NOTES:]])
            states[self._notes] = added_notes(both)
            self._keep(places)

    def _places(self) -> dict[str, Tensor]:
        """The states onto which a captured graph may go on counting."""
        names = self._counts, self._notes
        onto = dict(zip(names, self._counted_onto or (), strict=False))
        unchanged = all(self.__dict__[name] is state for name, state in onto.items())
        return onto if unchanged else {}  # in a MetricCollection they may be another metric's

    def _keep(self, places: dict[str, Tensor]) -> None:
        """Move states to where they were before torchmetrics replaced them."""
        states = self.__dict__
        for name, place in places.items():
            now = states[name]
            if now is place or now.device != place.device:
                continue
            if open_to_additions(place) is place:
                states[name] = place.copy_(now)

    def reset(self) -> None:
        """Forget all counts: at the start of an epoch."""
        places = {} if self._in_forward else self._places()
        if not self._in_forward:
            self._waiting.reset()
        super().reset()
        self._keep(places)

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """Let the states be those of all processes, as torchmetrics does, until `unsync`."""
        self._settle()
        own = self.__dict__
        mine = {name: own[name] for name in self._reductions}
        super().sync(*args, **kwargs)
        if self._cache is not None:
            self._cache.update(mine)  # which nothing was added onto, instead of copies

    def _reduce_states(self, incoming_state: dict[str, Any]) -> None:
        self._settle()
        places = self._places()
        super()._reduce_states(incoming_state)
        self._keep(places)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        states, places = self.__dict__, self._places()
        saved = [name for name in self._reductions if prefix + name in state_dict]
        super()._load_from_state_dict(state_dict, prefix, *args)
        if not saved:
            return
        self._waiting.reset()
        for name in saved:  # not the tensors of who has saved them
            states[name] = states[name].clone()
        if self._notes not in saved:  # by a version that had none
            states[self._notes] = torch.zeros_like(states[self._notes])
        self._keep(places)

    def _forward_reduce_state_update(self, *args: Any, **kwargs: Any) -> Any:
        """Add a batch and give its value; one that is refused leaves the metric as it was."""
        self._settle()
        own, places = self.__dict__, self._places()
        names = (*self._reductions, "_update_count", "compute_on_cpu", "_counted_onto")
        before = {name: own[name] for name in names}
        self._in_forward = True
        try:
            value = super()._forward_reduce_state_update(*args, **kwargs)
        except BaseException:
            own.update(before)
            own.update(_to_sync=self.sync_on_compute, _should_unsync=True, _is_synced=False)
            own.update(_computed=None, _enable_grad=False)
            self._waiting.forget()
            raise
        finally:
            self._in_forward = False
        self._keep(places)
        if places:
            self._counted_onto = places[self._counts], places[self._notes]
        return value
