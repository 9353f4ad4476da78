"""Options that commands share: columns, decisions, formats, files that are written."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable
from typing import Any

from ..argument_types import averaged, comma, cutting, word, words
from ..errors import plain_text
from ..options import TASKS

FORMATS = ("table", "json", "markdown", "csv")
Parsers = Any  # what `add_subparsers` returns, whose type argparse keeps to itself
Run = Callable[[argparse.Namespace], None]


def add_command(
    commands: Parsers, name: str, run: Run, *, short: str, long: str, example: str
) -> argparse.ArgumentParser:
    """Make the parser of a command: what it does in a line and in full, and an example."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=short,
        description=textwrap.fill(long, 78),
        epilog="example:\n" + textwrap.indent(textwrap.dedent(example).strip(), "  "),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add_quiet(parser)
    return parser


def say(parsed: argparse.Namespace, note: str) -> None:
    """Say something about the work on stderr, unless all is to be quiet."""
    if not parsed.quiet:
        print(f"f1core: {plain_text(note)}", file=sys.stderr)


def add_quiet(command: argparse.ArgumentParser) -> None:
    """Add silence on stderr."""
    command.add_argument("--quiet", action="store_true", help="no progress and no notes on stderr")


def add_columns(command: argparse.ArgumentParser, paths: tuple[str, ...] = ()) -> None:
    """Add files (or one of each of these names), their columns and what is said of labels."""
    for name in paths:
        told = f"the {name} model's predictions: a file, folder or pattern"
        command.add_argument(name, metavar=name.upper(), help=told)
    if not paths:
        command.add_argument("paths", nargs="+", metavar="PATH", help="files, folders or patterns")
    command.add_argument(
        "--target", type=comma, default=["y_true"], metavar="COLUMN", help="the truth (y_true)"
    )
    command.add_argument(
        "--probabilities",
        type=comma,
        metavar="COLUMN",
        help="a column, several by comma, or a pattern such as 'p_*' (y_prob, or a whole .npy)",
    )
    command.add_argument("--classes", type=words, metavar="A,B,…", help="names, in column order")
    command.add_argument("--pos-label", type=word, metavar="LABEL", help="the positive class")
    command.add_argument("--ignore-index", type=word, metavar="LABEL", help="targets left out")
    command.add_argument(
        "--text-labels", action="store_true", help="labels of text files are text: 007 is not 7"
    )
    command.add_argument(
        "--empty-labels", action="store_true", help="an empty cell of a text file is a class too"
    )


def add_task(command: argparse.ArgumentParser) -> None:
    """Add the task."""
    command.add_argument(
        "--task", choices=TASKS, help="read off the columns where that is possible"
    )


def add_deciding(command: argparse.ArgumentParser) -> None:
    """Add what makes a decision of scores."""
    command.add_argument(
        "--threshold",
        type=cutting,
        default=0.5,
        metavar="T[,T…]|best|FILE",
        help="one, or one a label or class (0.5); the best on these rows; or a file of `tune`",
    )
    command.add_argument("--top-k", type=int, metavar="K", help="the k highest scores of a row")
    add_logits(command)


def add_logits(command: argparse.ArgumentParser) -> None:
    """Add whether scores are logits."""
    command.add_argument("--from-logits", action="store_true", help="the scores are logits")


def add_unknown(command: argparse.ArgumentParser) -> None:
    """Add what becomes of predicted labels that are no class."""
    command.add_argument(
        "--unknown", choices=("error", "miss"), default="error",
        help="predicted labels that are no class: refused, or missed and counted",
    )  # fmt: skip


def add_streamed(command: argparse.ArgumentParser) -> None:
    """Add whether rows are counted in bins as they are read."""
    command.add_argument(
        "--streamed", type=int, metavar="BINS", help="a batch at a time, between bounds (4096)"
    )


def add_average_over(command: argparse.ArgumentParser) -> None:
    """Add which classes are averaged."""
    command.add_argument(
        "--average-over", type=averaged, metavar="present|all|A,B,…", help="classes to average"
    )


def add_beta(command: argparse.ArgumentParser) -> None:
    """Add the beta of F-beta."""
    command.add_argument("--beta", type=float, default=1.0, metavar="B", help="of F-beta (1)")


def add_bins(command: argparse.ArgumentParser) -> None:
    """Add the bins of calibration."""
    command.add_argument("--bins", type=int, default=10, metavar="N", help="of calibration (10)")
    command.add_argument(
        "--strategy", choices=("uniform", "quantile"), default="uniform", help="width or mass"
    )


def add_format(command: argparse.ArgumentParser) -> None:
    """Add how numbers are printed."""
    command.add_argument(
        "--format", choices=FORMATS, default="table", help="how numbers are printed"
    )


def add_per_class(command: argparse.ArgumentParser) -> None:
    """Add what is told of classes beside their numbers."""
    told = "classes, their numbers and the confusion matrix in the JSON too"
    command.add_argument("--per-class", action="store_true", help=told)
    command.add_argument(
        "--most-confused", type=int, metavar="N", help="the N pairs that are confused most often"
    )


def add_interval(command: argparse.ArgumentParser) -> None:
    """Add intervals of what is printed."""
    command.add_argument(
        "--interval", action="store_true", help="how far each F1 and number can be trusted"
    )
    command.add_argument("--level", type=float, metavar="P", help="of --interval (0.95)")


def add_save(command: argparse.ArgumentParser, what: str) -> None:
    """Add a state that is written."""
    command.add_argument("--save", metavar="STATE", help=what)
    add_force(command)


def add_force(command: argparse.ArgumentParser) -> None:
    """Add leave to replace a file of another kind."""
    command.add_argument("--force", action="store_true", help="replace a file of another kind too")
