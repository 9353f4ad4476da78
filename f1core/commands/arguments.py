"""Options that commands share: columns, decisions, formats, files that are written."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable
from typing import Any

from ..argument_types import averaged, comma, cutting, settled_cutting, word, words, written
from ..errors import plain_text
from ..options import TASKS
from .completing import columns_of

# Titles of groups of options.
COLUMNS, LABELS, DECIDING = "columns", "labels and classes", "what is decided"
AVERAGES, SHOWN, FILES = "averages", "what is printed", "files and messages"
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
    parser.set_defaults(run=run, parser=parser)
    add_quiet(parser)
    return parser


def group(command: argparse.ArgumentParser, title: str) -> Any:
    """Return the group of a command with this title, made at its first use."""
    for there in command._action_groups:
        if there.title == title:
            return there
    return command.add_argument_group(title)


def add_column(command: argparse.ArgumentParser, option: str, **how: Any) -> None:
    """Add an option whose value is a column, which a shell can complete."""
    action = group(command, COLUMNS).add_argument(option, metavar="COLUMN", **how)
    action.completer = columns_of


def say(parsed: argparse.Namespace, note: str) -> None:
    """Say something about the work on stderr, unless all is to be quiet."""
    if not parsed.quiet:
        print(f"f1core: {plain_text(note)}", file=sys.stderr)


def add_quiet(command: argparse.ArgumentParser) -> None:
    """Add silence on stderr."""
    group(command, FILES).add_argument(
        "--quiet", action="store_true", help="no progress and no notes on stderr"
    )


def add_columns(command: argparse.ArgumentParser, paths: tuple[str, ...] = ()) -> None:
    """Add files (or one of each of these names), their columns and what is said of labels."""
    for name in paths:
        told = f"the {name} model's predictions: a file, folder or pattern"
        command.add_argument(name, metavar=name.upper(), help=told)
    if not paths:
        command.add_argument("paths", nargs="+", metavar="PATH", help="files, folders or patterns")
    add_column(command, "--target", type=comma, default=["y_true"], help="the truth (y_true)")
    add_column(
        command,
        "--probabilities",
        type=comma,
        help="a column, several by comma, or a pattern such as 'p_*' (y_prob, or a whole .npy)",
    )
    labels = group(command, LABELS)
    labels.add_argument("--classes", type=words, metavar="A,B,…", help="names, in column order")
    labels.add_argument("--pos-label", type=word, metavar="LABEL", help="the positive class")
    labels.add_argument("--ignore-index", type=word, metavar="LABEL", help="targets left out")
    labels.add_argument(
        "--text-labels", action="store_true", help="labels of text files are text: 007 is not 7"
    )
    labels.add_argument(
        "--empty-labels", action="store_true", help="an empty cell of a text file is a class too"
    )


def add_task(command: argparse.ArgumentParser) -> None:
    """Add the task."""
    group(command, DECIDING).add_argument(
        "--task", choices=TASKS, help="read off the columns where that is possible"
    )


def add_deciding(command: argparse.ArgumentParser, best: bool = True) -> None:
    """Add what makes a decision of scores; `best` says whether it may be sought on these rows."""
    sought = "; the best on these rows" if best else ""
    group(command, DECIDING).add_argument(
        "--threshold",
        type=cutting if best else settled_cutting,
        default=0.5,
        metavar="T[,T…]|best|FILE" if best else "T[,T…]|FILE",
        help=f"one, or one a label or class (0.5){sought}; or a file of `tune`",
    )
    group(command, DECIDING).add_argument(
        "--top-k", type=int, metavar="K", help="the k highest scores of a row"
    )
    add_logits(command)


def add_logits(command: argparse.ArgumentParser) -> None:
    """Add whether scores are logits."""
    group(command, DECIDING).add_argument(
        "--from-logits", action="store_true", help="the scores are logits"
    )


def add_unknown(command: argparse.ArgumentParser) -> None:
    """Add what becomes of predicted labels that are no class."""
    group(command, DECIDING).add_argument(
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
    group(command, AVERAGES).add_argument(
        "--average-over", type=averaged, metavar="present|all|A,B,…", help="classes to average"
    )


def add_zero_division(command: argparse.ArgumentParser) -> None:
    """Add what 0/0 is."""
    group(command, AVERAGES).add_argument(
        "--zero-division", type=float, default=0.0, metavar="0|1|nan", help="what 0/0 is (0)"
    )


def add_beta(command: argparse.ArgumentParser) -> None:
    """Add the beta of F-beta."""
    group(command, AVERAGES).add_argument(
        "--beta", type=float, default=1.0, metavar="B", help="of F-beta (1)"
    )


def add_bins(command: argparse.ArgumentParser) -> None:
    """Add the bins of calibration."""
    command.add_argument("--bins", type=int, default=10, metavar="N", help="of calibration (10)")
    command.add_argument(
        "--strategy", choices=("uniform", "quantile"), default="uniform", help="width or mass"
    )


def add_format(command: argparse.ArgumentParser) -> None:
    """Add how numbers are printed."""
    group(command, SHOWN).add_argument(
        "--format", choices=FORMATS, default="table", help="how numbers are printed"
    )


def add_per_class(command: argparse.ArgumentParser) -> None:
    """Add what is told of classes beside their numbers."""
    told = "classes, their numbers and the confusion matrix in the JSON too"
    group(command, SHOWN).add_argument("--per-class", action="store_true", help=told)
    group(command, SHOWN).add_argument(
        "--most-confused", type=int, metavar="N", help="the N pairs that are confused most often"
    )


def add_interval(command: argparse.ArgumentParser) -> None:
    """Add intervals of what is printed."""
    group(command, SHOWN).add_argument(
        "--interval", action="store_true", help="how far each F1 and number can be trusted"
    )
    group(command, SHOWN).add_argument(
        "--level", type=float, metavar="P", help="of --interval (0.95)"
    )


def add_save(command: argparse.ArgumentParser, what: str) -> None:
    """Add a state that is written."""
    group(command, FILES).add_argument("--save", type=written, metavar="STATE", help=what)
    add_force(command)


def add_force(command: argparse.ArgumentParser) -> None:
    """Add leave to replace a file of another kind."""
    group(command, FILES).add_argument(
        "--force", action="store_true", help="replace a file of another kind too"
    )
