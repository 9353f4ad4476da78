"""Tuned: thresholds that `f1core tune` wrote into a file, by the names of their classes."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import F1Error, reason_of, shown

_KEYS = {"threshold", "classes", "task"}


class Tuned:
    """Thresholds out of a file: one of a binary task, or one a label or class, under its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open(encoding="utf-8") as file:
                content = json.load(file)
        except OSError as error:
            raise F1Error(f"{path} cannot be read: {reason_of(error)}") from None
        except ValueError as error:
            raise F1Error(f"{path} is no JSON that tune wrote: {error}") from None
        if not isinstance(content, dict) or not content.keys() >= _KEYS:
            raise F1Error(f"{path} holds no thresholds that tune wrote")
        self.classes, self.task, self._at = (
            content["classes"],
            content["task"],
            content["threshold"],
        )
        self.from_logits = bool(content.get("from_logits"))
        if not isinstance(self.classes, list):
            raise F1Error(f"{path}: its classes are {shown(self.classes)}, no list of names")
        cuts = self._at if isinstance(self._at, list) else [self._at]
        if not all(isinstance(cut, int | float) and not isinstance(cut, bool) for cut in cuts):
            raise F1Error(f"{path}: its threshold is {shown(self._at)}, no numbers")
        if isinstance(self._at, list) and len(cuts) != len(self.classes):
            raise F1Error(f"{path} has {len(cuts)} thresholds for {len(self.classes)} classes")

    def of(self, classes: Sequence[Any] | None) -> float | list[float]:
        """The threshold, or one for each class in the order of these; None means 0, 1, …"""
        if not isinstance(self._at, list):
            return float(self._at)
        cuts = {str(name): float(at) for name, at in zip(self.classes, self._at, strict=True)}
        wanted = [str(name) for name in (range(len(cuts)) if classes is None else classes)]
        for name in wanted:
            if name not in cuts:
                near = difflib.get_close_matches(name, cuts, 1)
                hint = f" (did you mean {near[0]!r}?)" if near else ""
                raise F1Error(f"{self.path} has no threshold for class {name!r}{hint}")
        self._refuse_others(cuts, wanted)
        return [cuts[name] for name in wanted]

    def check(self, task: str, classes: Sequence[Any], from_logits: bool) -> None:
        """Refuse scores of another task, of other classes or in another form."""
        if task != self.task:
            raise F1Error(f"{self.path} was tuned for a {self.task} task, this one is {task}")
        here, tuned = [str(name) for name in classes], [str(name) for name in self.classes]
        if task == "binary" and here != tuned:
            raise F1Error(
                f"{self.path} was tuned for the positive class {tuned[-1]!r} of "
                f"{', '.join(tuned)}, this one is {here[-1]!r} of {', '.join(here)}"
            )
        self._refuse_others(tuned, here)
        if from_logits != self.from_logits:
            scale = "logits: say" if self.from_logits else "probabilities: leave out"
            raise F1Error(f"{self.path} was tuned on {scale} from_logits=True")

    def _refuse_others(self, known: Sequence[str] | dict[str, Any], wanted: list[str]) -> None:
        odd = [name for name in known if name not in wanted]
        if odd:
            raise F1Error(f"{self.path} has a threshold for {odd[0]!r}, which is no class here")
