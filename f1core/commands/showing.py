"""What score and merge have in common: notes, files they write, scores on the screen."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .. import option_values
from ..accumulator import Accumulator
from ..confused import Confused
from ..errors import F1Error
from ..intervals import checked_level
from ..io.tuned import Tuned
from ..scores import Scores
from ..writing import check_target
from . import arguments, output
from .progress import Meter
from .sections import intervals, page_of


def check_save(parsed: argparse.Namespace, inputs: list[Path]) -> None:
    """Refuse a state that cannot be written, before anything is read."""
    if parsed.save is not None:
        tuned = getattr(parsed, "threshold", None)
        inputs = [*inputs, tuned.path] if isinstance(tuned, Tuned) else inputs
        check_target(parsed.save, inputs=inputs, force=parsed.force, named="--save")


def note(parsed: argparse.Namespace, rows: int, what: str) -> None:
    """Say how many rows counted otherwise than one might think, if any did."""
    if rows:
        arguments.say(parsed, f"{what}: {rows:,}")


def finish(
    total: Accumulator, parsed: argparse.Namespace, meter: Meter, notes: Sequence[str] = ()
) -> Callable[[], None]:
    """Save what was counted where that was asked for; return what prints its scores."""
    meter.stage("computing scores")
    scores = total.compute()
    pairs = most_confused(scores, parsed)  # which may be refused, before anything is written
    if parsed.save is not None:
        meter.stage(f"writing {parsed.save}")
        total.save(parsed.save, force=parsed.force)
    return shown({None: (scores, pairs)}, parsed, meter, notes)


def check_asked(parsed: argparse.Namespace) -> None:
    """Refuse options of what is shown that say nothing together, before anything is read."""
    if parsed.per_class and parsed.format != "json":
        told = "table" if parsed.format == "table" else parsed.format
        raise F1Error(f"--per-class is for --format json; the {told} lists the classes anyway")
    if parsed.level is not None:
        if not parsed.interval:
            raise F1Error("--level is for --interval: say both")
        checked_level(parsed.level)


def shown(
    by: dict[Any, tuple[Scores, list[Confused] | None]],
    parsed: argparse.Namespace,
    meter: Meter,
    notes: Sequence[str] = (),
) -> Callable[[], None]:
    """Return what prints scores by group, or under None those of all rows, as was asked for."""
    level = None
    if parsed.interval:
        meter.stage("computing intervals")
        level = 0.95 if parsed.level is None else parsed.level
    if parsed.format == "json":
        told = {name: _plain(*found, parsed, level, notes) for name, found in by.items()}
        return partial(output.write, "json", [], told.get(None, told))
    every = parsed.format == "csv"
    pages = [
        page_of(scores, pairs, level=level, every=every, group=name)
        for name, (scores, pairs) in by.items()
    ]
    for page in pages:
        page.notes += notes

    def write() -> None:
        output.write(parsed.format, pages)
        for said in notes if every else ():
            arguments.say(parsed, said)

    return write


def most_confused(scores: Scores, parsed: argparse.Namespace) -> list[Confused] | None:
    """Find as many of the most confused pairs as were asked for; None if none were."""
    if parsed.most_confused is None:
        return None
    return scores.most_confused(option_values.whole("most_confused", parsed.most_confused))


def _plain(
    scores: Scores,
    pairs: list[Confused] | None,
    parsed: argparse.Namespace,
    level: float | None,
    notes: Sequence[str],
) -> dict[str, Any]:
    """Turn scores into what JSON takes."""
    found = scores.to_dict(per_class=parsed.per_class)
    if pairs is not None:
        found["most_confused"] = [{**each._asdict(), "interval": each.interval} for each in pairs]
    if level is not None:
        bounds = intervals(scores, level)
        each = bounds.pop("per_class", None)
        found |= {"interval_level": level, "intervals": bounds}
        if parsed.per_class:
            found["per_class_intervals"] = {"f1": each and list(each.values())}
    return found | ({"notes": list(notes)} if notes else {})
