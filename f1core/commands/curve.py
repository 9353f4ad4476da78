"""The command curve: how scores rank, of each class and averaged."""

from __future__ import annotations

import argparse
from typing import Any

from ..io.rows import Rows
from . import arguments, output
from .output import Page, Section
from .progress import progress
from .reading import ranked_task, read_binned, read_rows


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core curve`."""
    parser = arguments.add_command(
        commands, "curve", run,
        short="ROC AUC and average precision, of each class too",
        long="Print ROC AUC and average precision of scores, of each class and averaged. All rows "
        "are read at once, or counted in bins as they are read (--streamed).",
        example="f1core curve preds.parquet --target y --probabilities 'p_*'",
    )  # fmt: skip
    arguments.add_columns(parser)
    arguments.add_task(parser)
    arguments.add_logits(parser)
    arguments.add_streamed(parser)
    arguments.add_average_over(parser)
    parser.add_argument("--one-vs-one", action="store_true", help="each pair of classes too")
    arguments.add_format(parser)


def run(parsed: argparse.Namespace) -> None:
    """Print ROC AUC and average precision, of each class and averaged."""
    from ..thresholds import Ranking

    if parsed.streamed is not None:
        _bounded(parsed)
        return
    with progress(parsed) as meter:
        rows = read_rows(parsed)
        meter.stage("ranking rows")
        found = _found(parsed, rows)
    if not isinstance(found, Ranking):
        both = {name: getattr(found, name) for name in ("roc_auc", "average_precision")}
        singles = Section("metric", ("name", "value"), list(both.items()), pairs=True)
        output.write(parsed.format, [Page([singles])], both)
        return
    plain: dict[str, Any] = found.to_dict()
    areas = found.per_class
    each = list(
        zip(areas.roc_auc.tolist(), areas.average_precision.tolist(), found.positives.tolist(),
            strict=True)
    )  # fmt: skip
    heads = ("roc_auc", "average_precision", "positives")
    plain["per_class"] = output.named(
        found.classes, (dict(zip(heads, row, strict=True)) for row in each)
    )
    means = [(name, getattr(found, name)) for name in ("macro", "weighted", "micro")]
    sections = [
        Section(
            "class", ("name", *heads),
            [(name, *row) for name, row in zip(found.classes, each, strict=True)],
        ),
        Section(
            "average", ("name", *heads),
            [(name, mean.roc_auc, mean.average_precision, None) for name, mean in means],
        ),
    ]  # fmt: skip
    if found.pairs is not None:
        pairs = [("macro", found.pairs.macro), ("weighted", found.pairs.weighted)]
        sections.append(
            Section("one_vs_one", ("name", "roc_auc"), pairs, pairs=True, label="one against one:")
        )
    output.write(parsed.format, [Page(sections)], plain)


def _found(parsed: argparse.Namespace, rows: Rows) -> Any:
    """Rank these rows by `f1core.curve`, as the command line asks for it."""
    from ..thresholds import curve

    how: dict[str, Any] = {name: getattr(parsed, name) for name in ("average_over", "one_vs_one")}
    with rows.locate_errors():
        task = ranked_task(rows, parsed.task)
        return curve(
            rows.true, rows.scores, task=task, classes=rows.classes, **(how | rows.options)
        )


def _bounded(parsed: argparse.Namespace) -> None:
    """Print areas of a stream between their bounds."""
    from ..thresholds.ranking import Areas

    with progress(parsed) as meter:
        binned = read_binned(parsed, calibration=False)
        meter.stage("computing areas")
        found = binned.ranking(average_over=parsed.average_over)
    assert found.low is not None and found.high is not None
    sides = {"": found, "low": found.low, "high": found.high}
    plain: dict[str, Any] = found.to_dict() | {
        name: side.to_dict() for name, side in sides.items() if name
    }

    def row(name: Any, areas: list[Any]) -> tuple[Any, ...]:
        cells: list[Any] = [name]
        for area in ("roc_auc", "average_precision"):
            middle, *ends = (float(getattr(each, area)) for each in areas)
            cells += [middle, tuple(ends)]
        return tuple(cells)

    def of_class(side: Any, place: int) -> Any:
        return Areas(side.per_class.roc_auc[place], side.per_class.average_precision[place])

    heads = ("name", "roc_auc", "roc_auc_interval", "average_precision",
             "average_precision_interval")  # fmt: skip
    each = [
        row(name, [of_class(side, place) for side in sides.values()])
        for place, name in enumerate(found.classes)
    ]
    sections = [Section("class", heads, each)]
    if len(found.classes) > 1:
        means = [
            row(name, [getattr(side, name) for side in sides.values()])
            for name in ("macro", "weighted", "micro")
        ]
        sections.append(Section("average", heads, means))
    notes = ["an interval is what bins leave open: the area of the rows lies between its ends"]
    output.write(parsed.format, [Page(sections, notes=notes)], plain)
