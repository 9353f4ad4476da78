"""The command tune: the threshold, or one a label or class, with the highest score."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from .. import files, report, tables
from ..argument_types import written
from ..scores import Scores
from ..writing import check_target, write_whole
from . import arguments, output
from .output import Page, Section
from .progress import progress
from .reading import read_rows
from .search import CHOSEN_HERE, Found, search

_RATIOS = ("precision", "recall", "f1")


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core tune`."""
    parser = arguments.add_command(
        commands, "tune", run,
        short="the threshold with the highest F1",
        long="Find the threshold, or one a label or class, with the highest F1, or the highest of "
        "any metric, and print what it changes. All rows are read at once. What --save writes is "
        "for `f1core score --threshold FILE` on other rows.",
        example="f1core tune preds.parquet --target y --probabilities 'p_*' --save best.json\n"
        "f1core score new.parquet --target y --probabilities 'p_*' --threshold best.json",
    )  # fmt: skip
    arguments.add_columns(parser)
    arguments.add_column(parser, "--sample-weight", help="weights of the rows")
    arguments.add_task(parser)
    arguments.add_logits(parser)
    sought = arguments.group(parser, "what is sought")
    sought.add_argument("--average", metavar="A", help="of F1: macro (default), micro or weighted")
    sought.add_argument(
        "--metric",
        metavar="NAME",
        help="sought instead: mcc, recall_macro, …; of many labels f1_micro and its kin",
    )
    sought.add_argument("--shared", action="store_true", help="one threshold for all labels")
    arguments.add_beta(parser)
    sought.add_argument("--min-precision", type=float, metavar="P", help="highest recall with it")
    sought.add_argument("--min-recall", type=float, metavar="R", help="highest precision with it")
    arguments.add_average_over(parser)
    arguments.group(parser, arguments.FILES).add_argument(
        "--save",
        "-o",
        type=written,
        metavar="FILE",
        help="write the thresholds for `score --threshold FILE`",
    )
    arguments.add_force(parser)
    arguments.add_format(parser)


def run(parsed: argparse.Namespace) -> None:
    """Print the best thresholds, and precision, recall and F1 before and after."""
    if parsed.save is not None:
        inputs = files.inputs(parsed.paths, parsed.target)
        check_target(parsed.save, "thresholds", inputs=inputs, force=parsed.force, named="--save")
    with progress(parsed) as meter:
        found = search(parsed, read_rows(parsed), meter)
    plain = _plain(found, parsed.from_logits)
    if parsed.save is not None:
        told = json.dumps(tables.plain(plain), indent=2)
        write_whole(Path(parsed.save), f"{told}\n".encode())
    output.write(parsed.format, [_page(found)], plain)


def _page(found: Found) -> Page:
    best, before, after = found
    several = np.ndim(best.threshold) > 0
    cuts = zip(*(np.atleast_1d(v).tolist() for v in (best.threshold, best.low, best.high)),
               strict=True)  # fmt: skip
    names = after.classes if several else ["all" if after.task == "multilabel" else "positive"]
    if after.task == "binary":
        names = after.classes[-1:]
    thresholds = [(name, *cut) for name, cut in zip(names, cuts, strict=True)]
    changed = (("name", *_RATIOS), before.per_class, after.per_class)
    heads, old, new = changed
    classes = [
        (name, *([float(getattr(side, ratio)[place]) for side in (old, new)] for ratio in _RATIOS))
        for place, name in enumerate(after.classes)
        if after.task != "binary" or place == len(after.classes) - 1
    ]
    sections = [
        Section("threshold", ("name", "threshold", "low", "high"), thresholds),
        Section("class", heads, classes),
    ]
    if after.task != "binary":
        averages = [
            (kind, *([float(getattr(getattr(side, kind), r)) for side in (before, after)]
                     for r in _RATIOS))
            for kind in after.averages
        ]  # fmt: skip
        sections.append(Section("average", heads, averages, suffix=" avg", words=True))
    told = [(best.metric, [before.metric(best.metric), best.score])]
    sections.append(Section("metric", ("name", "value"), told, pairs=True))
    rule = (
        "where p > threshold" if best.sign == ">" else "is the class of the largest p / threshold"
    )
    was = "p > 0.5" if best.sign == ">" else "the largest p"
    notes = [
        f"predicted {rule}; before: {was}; from low to high a threshold is as good",
        CHOSEN_HERE,
    ]
    return Page(sections, f"{report.title(after)}: the highest {best.metric}", notes)


def _plain(found: Found, from_logits: bool) -> dict[str, Any]:
    """Turn thresholds, and the scores before and after, into what JSON takes."""
    best, before, after = found

    def numbers(scores: Scores) -> dict[str, Any]:
        each = scores.per_class
        return {"score": scores.metric(best.metric)} | {r: getattr(each, r) for r in _RATIOS}

    return {
        "metric": best.metric, "score": best.score, "threshold": best.threshold, "low": best.low,
        "high": best.high, "task": after.task, "classes": after.classes, "rule": f"p {best.sign}",
        "from_logits": from_logits, "before": numbers(before), "after": numbers(after),
    }  # fmt: skip
