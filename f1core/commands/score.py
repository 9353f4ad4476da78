"""The command score: the scores of files, or of each group of their rows."""

from __future__ import annotations

import argparse

from .. import files
from ..accumulator import Accumulator
from ..errors import F1Error
from ..grouped import GroupedAccumulator
from . import arguments, showing
from .progress import progress
from .search import check_tuned, settle

# Options that go to `files.accumulate` as they are.
_OPTIONS = (
    "task", "classes", "threshold", "top_k", "from_logits", "ignore_index", "average_over",
    "zero_division", "beta", "sample_weight", "sample_id", "text_labels", "empty_labels",
    "target", "probabilities", "group", "pos_label", "unknown", "resamples",
)  # fmt: skip


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core score`."""
    parser = arguments.add_command(
        commands, "score", run,
        short="score predictions in files",
        long="Count predictions in files once, and print precision, recall, F1 and every average "
        "of them. Files of any number are scored as one; nothing of them is kept in memory.",
        example="f1core score preds.parquet --target y --probabilities 'p_*'\n"
        "f1core score preds.csv --target obs --probabilities pred --interval --format markdown",
    )  # fmt: skip
    arguments.add_columns(parser)
    arguments.add_column(parser, "--group", help="one result for each of its values")
    arguments.add_column(parser, "--sample-weight", help="weights of the rows")
    arguments.add_column(
        parser, "--id", dest="sample_id", help="rows of one id count once, in merges too"
    )
    arguments.add_task(parser)
    arguments.add_deciding(parser)
    arguments.add_average_over(parser)
    arguments.add_zero_division(parser)
    arguments.add_beta(parser)
    arguments.add_unknown(parser)
    arguments.group(parser, arguments.SHOWN).add_argument(
        "--resamples",
        type=int,
        default=0,
        metavar="N",
        help="draw rows anew so often: for intervals of labels and of weighted rows",
    )
    arguments.add_save(parser, "keep the counts for `merge`")
    arguments.add_format(parser)
    arguments.add_per_class(parser)
    arguments.add_interval(parser)


def run(parsed: argparse.Namespace) -> None:
    """Print the scores of files, or of each group of their rows."""
    showing.check_asked(parsed)
    if parsed.save is not None:
        if parsed.group is not None:
            raise F1Error("--save keeps one state; leave out --group")
        showing.check_save(parsed, files.inputs(parsed.paths, parsed.target))
    with progress(parsed, counts=False) as meter:
        said = settle(parsed, meter)
        options = {name: getattr(parsed, name) for name in _OPTIONS}
        if parsed.save is None:  # states that are merged have resamples of their own
            options = files.with_fixed_seed(options)
        total = files.accumulate(parsed.paths, progress=meter.count, **options)
        check_tuned(parsed, total)
        notes = [said] if said else []
        if isinstance(total, Accumulator):
            write = showing.finish(total, parsed, meter, notes)
        else:
            meter.stage("computing scores")
            # What may be refused, before anything is printed.
            by = {
                name: (scores, showing.most_confused(scores, parsed))
                for name, scores in total.compute().items()
            }
            write = showing.shown(by, parsed, meter, notes)
    if parsed.sample_id is not None:
        kept = total.groups.values() if isinstance(total, GroupedAccumulator) else [total]
        dropped = sum(parsed.done.values()) - sum(one.distinct for one in kept)
        showing.note(parsed, dropped, "rows that repeat an id, that count once")
    write()
