"""What score and merge have in common: notes, files they write, scores on the screen."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .. import console, option_values, tables
from ..accumulator import Accumulator
from ..confused import Confused
from ..errors import F1Error, plain_text
from ..scores import Scores
from ..writing import check_target


def check_save(parsed: argparse.Namespace, inputs: list[Path]) -> None:
    """Refuse a state that cannot be written, before anything is read."""
    if parsed.save is not None:
        check_target(parsed.save, inputs=inputs, force=parsed.force, named="--save")


def note(rows: int, what: str) -> None:
    """Say on stderr how many rows counted otherwise than one might think."""
    if rows:
        print(f"f1core: {plain_text(what)}: {rows:,}", file=sys.stderr)


def finish(total: Accumulator, parsed: argparse.Namespace) -> None:
    """Save what was counted where that was asked for, and show its scores."""
    scores = total.compute()
    pairs = most_confused(scores, parsed)  # which may be refused, before anything is written
    if parsed.save is not None:
        total.save(parsed.save, force=parsed.force)
    show(scores, pairs, parsed)


def refuse_table_per_class(parsed: argparse.Namespace) -> None:
    """Refuse --per-class where a table lists the classes already."""
    if parsed.per_class and parsed.format != "json":
        raise F1Error("--per-class is for --format json; the table lists the classes anyway")


def show(scores: Scores, pairs: list[Confused] | None, parsed: argparse.Namespace) -> None:
    """Print scores, and the pairs that are confused most often."""
    if parsed.format == "json":
        print(json.dumps(plain(scores, pairs, parsed), indent=2))
        return
    console.print_scores(scores)
    if pairs:
        console.print_confused(pairs)


def most_confused(scores: Scores, parsed: argparse.Namespace) -> list[Confused] | None:
    """The pairs that are confused most often, as many as were asked for; None if none were."""
    if parsed.most_confused is None:
        return None
    return scores.most_confused(option_values.whole("most_confused", parsed.most_confused))


def plain(scores: Scores, pairs: list[Confused] | None, parsed: argparse.Namespace) -> Any:
    """Scores as JSON takes them."""
    found = scores.to_dict(per_class=parsed.per_class)
    if pairs is not None:
        found["most_confused"] = [{**each._asdict(), "interval": each.interval} for each in pairs]
    return tables.plain(found)
