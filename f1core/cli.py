"""The command line; a wrong input gets one sentence and exit status 2."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import __version__
from .argument_types import averaged, comma, numbers, word, words
from .errors import F1Error, plain_text
from .found_rows import ASKED
from .options import TASKS

_NEGATIVE = re.compile(r"-[0-9].*,.*")  # several labels, the first one below 0
# Arguments of `score` and their options.
_OPTIONS = {
    "task": "--task", "classes": "--classes", "threshold": "--threshold", "top_k": "--top-k",
    "from_logits": "--from-logits", "ignore_index": "--ignore-index", "pos_label": "--pos-label",
    "average_over": "--average-over", "zero_division": "--zero-division", "beta": "--beta",
    "sample_weight": "--sample-weight", "sample_id": "--id", "group": "--group",
    "target": "--target", "probabilities": "--probabilities", "y_true": "--target",
    "y_pred": "--probabilities", "y_prob": "--probabilities", "text_labels": "--text-labels",
    "empty_labels": "--empty-labels", "average": "--average", "shared": "--shared",
    "min_precision": "--min-precision", "min_recall": "--min-recall", "true": "--true",
    "predicted": "--predicted", "label": "--label", "outcome": "--outcome", "limit": "--limit",
    "columns": "--columns", "most_confused": "--most-confused", "unknown": "--unknown",
    "bins": "--bins", "strategy": "--strategy",
    "one_vs_one": "--one-vs-one",
}  # fmt: skip
PICTURES = ("threshold", "confusion", "per_class", "roc", "precision_recall", "reliability")
_NAMES = "|".join(_OPTIONS)
_LIST = re.compile(rf"\b({_NAMES})=[\[(]([^\])]*)[\])]")
_FLAG = re.compile(rf"\b({_NAMES})=True\b")
_VALUE = re.compile(rf"\b({_NAMES})='?([^\s,;:()']*)'?")
_SUBJECT = re.compile(
    rf"(?:(?<=: )|(?<=; )|(?<=and )|^)({_NAMES})"
    r"(?= (?:is|are|has|have|holds|hold|names|leaves?|mixes|needs|comes|cannot|as|at)\b)"
)


class _Version(argparse.Action):
    """Print the version, which backend counts, and why that one."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from .backends.switch import backend

        try:
            found = backend()
        except F1Error as error:
            parser.exit(2, f"f1core: {error}\n")
        print(f"f1core {__version__}, counted by {found}: {found.reason}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parsed = _parser().parse_args(_with_values(sys.argv[1:] if arguments is None else arguments))
    from . import commands

    try:
        getattr(commands, parsed.run)(parsed)
    except F1Error as error:
        print(f"f1core: {spoken(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"f1core: interrupted{_so_far(parsed)}; nothing was written", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
    return 0


def _with_values(arguments: Sequence[str]) -> list[str]:
    """Tie values such as `-1,1` to their option, as argparse does with `-1` alone."""
    tied: list[str] = []
    for argument in arguments:
        before = tied[-1] if tied else ""
        value = _NEGATIVE.fullmatch(argument) and before.startswith("--") and "=" not in before
        tied[len(tied) - bool(value) :] = [f"{before}={argument}" if value else argument]
    return tied


def spoken(error: object) -> str:
    """Write an error for somebody at a command line.

    Examples
    --------
    >>> from f1core.cli import spoken
    >>> spoken("target holds strings: name the classes, classes=['no', 'yes'], or task='binary'")
    '--target holds strings: name the classes, --classes no,yes, or --task binary'
    """
    sentence = _LIST.sub(lambda at: f"{_OPTIONS[at[1]]} {_listed(at[2])}", str(error))
    sentence = _FLAG.sub(lambda at: _OPTIONS[at[1]], sentence)
    sentence = _VALUE.sub(lambda at: f"{_OPTIONS[at[1]]} {at[2]}".rstrip(), sentence)
    return plain_text(_SUBJECT.sub(lambda at: _OPTIONS[at[1]], sentence))


def _listed(entries: str) -> str:
    """A Python list as an option takes it: A,B."""
    return "A,B,…" if entries == "…" else ",".join(e.strip().strip("'") for e in entries.split(","))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="f1core", description="Precision, recall and F1, right however the data was cut."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="what runs, and how it counts")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    score = commands.add_parser("score", help="score predictions in files")
    _add_columns(score)
    score.add_argument("--group", metavar="COLUMN", help="one result for each of its values")
    score.add_argument("--sample-weight", metavar="COLUMN", help="weights of the rows")
    score.add_argument(
        "--id", dest="sample_id", metavar="COLUMN", help="rows of one id count once, in merges too"
    )
    score.add_argument("--task", choices=TASKS, help="read off the columns where that is possible")
    _add_deciding(score)
    score.add_argument(
        "--average-over", type=averaged, metavar="present|all|A,B,…", help="classes to average"
    )
    score.add_argument("--zero-division", type=float, default=0.0, metavar="0|1|nan")
    score.add_argument("--beta", type=float, default=1.0, metavar="B")
    _add_unknown(score)
    _add_save(score, "keep the counts for `merge`")
    _add_format(score)
    _add_per_class(score)
    score.set_defaults(run="score")

    merge = commands.add_parser("merge", help="add up states that were scored apart")
    merge.add_argument("states", nargs="+", type=Path, metavar="STATE")
    _add_save(merge, "keep the sum")
    _add_format(merge)
    _add_per_class(merge)
    merge.set_defaults(run="merge")

    tune = commands.add_parser("tune", help="the threshold with the highest F1")
    _add_columns(tune)
    tune.add_argument("--task", choices=TASKS)
    tune.add_argument(
        "--average", default="macro", metavar="A", help="macro, micro, weighted; or a metric's name"
    )
    tune.add_argument("--shared", action="store_true", help="one threshold for all labels")
    tune.add_argument("--beta", type=float, default=1.0, metavar="B")
    tune.add_argument("--min-precision", type=float, metavar="P", help="highest recall with it")
    tune.add_argument("--min-recall", type=float, metavar="R", help="highest precision with it")
    _add_format(tune)
    tune.set_defaults(run="tune")

    rows = commands.add_parser("rows", help="the rows behind a cell of the confusion matrix")
    _add_columns(rows)
    rows.add_argument("--true", type=word, metavar="LABEL", help="the class that rows are")
    rows.add_argument(
        "--predicted", type=word, metavar="LABEL", help="the class they are taken for"
    )
    rows.add_argument("--label", type=word, metavar="LABEL", help="with --outcome, instead")
    rows.add_argument("--outcome", choices=ASKED, help="what rows decided of the label")
    rows.add_argument("--limit", type=int, default=20, metavar="N", help="rows at most (20)")
    rows.add_argument(
        "--columns", type=comma, metavar="COLUMN", help="to be shown too, several by comma, or '*'"
    )
    rows.add_argument("--task", choices=TASKS)
    _add_deciding(rows)
    _add_unknown(rows)
    _add_format(rows)
    rows.set_defaults(run="rows")

    curve = commands.add_parser("curve", help="ROC AUC and average precision, of each class too")
    _add_ranked(curve)
    curve.add_argument(
        "--average-over", type=averaged, metavar="present|all|A,B,…", help="classes to average"
    )
    curve.add_argument("--one-vs-one", action="store_true", help="each pair of classes too")
    _add_format(curve)
    curve.set_defaults(run="curve")

    calibration = commands.add_parser("calibration", help="are probabilities right?")
    _add_ranked(calibration)
    _add_bins(calibration)
    _add_format(calibration)
    calibration.set_defaults(run="calibration")

    plot = commands.add_parser("plot", help="a picture of scores, counts or classes")
    _add_columns(plot)
    plot.add_argument("--task", choices=TASKS)
    _add_unknown(plot)
    plot.add_argument("--kind", choices=PICTURES, required=True)
    _add_bins(plot)
    plot.set_defaults(from_logits=False)
    plot.add_argument("--output", default="f1core.png", metavar="FILE", help="(f1core.png)")
    _add_force(plot)
    plot.set_defaults(run="plot")

    bench = commands.add_parser("bench", help="speeds on this machine, beside installed peers")
    bench.add_argument("--long", action="store_true", help="all cases, some minutes")
    bench.set_defaults(run="run_bench")
    return parser


def _add_columns(command: argparse.ArgumentParser) -> None:
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


def _add_deciding(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--threshold",
        type=numbers,
        default=0.5,
        metavar="T[,T…]",
        help="one, or one a label or class",
    )
    command.add_argument("--top-k", type=int, metavar="K", help="the k highest scores of a row")
    command.add_argument("--from-logits", action="store_true", help="the scores are logits")


def _add_unknown(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--unknown", choices=("error", "miss"), default="error",
        help="predicted labels that are no class: refused, or missed and counted",
    )  # fmt: skip


def _add_ranked(command: argparse.ArgumentParser) -> None:
    _add_columns(command)
    command.add_argument("--task", choices=TASKS)
    command.add_argument("--from-logits", action="store_true", help="the scores are logits")
    command.add_argument(
        "--streamed", type=int, metavar="BINS", help="a batch at a time, between bounds (4096)"
    )


def _add_bins(command: argparse.ArgumentParser) -> None:
    command.add_argument("--bins", type=int, default=10, metavar="N", help="of calibration (10)")
    command.add_argument(
        "--strategy", choices=("uniform", "quantile"), default="uniform", help="width or mass"
    )


def _add_format(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=("table", "json"), default="table")


def _add_per_class(command: argparse.ArgumentParser) -> None:
    told = "classes, their numbers and the confusion matrix in the JSON too"
    command.add_argument("--per-class", action="store_true", help=told)
    command.add_argument(
        "--most-confused", type=int, metavar="N", help="the N pairs that are confused most often"
    )


def _add_save(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--save", metavar="STATE", help=what)
    _add_force(command)


def _add_force(command: argparse.ArgumentParser) -> None:
    command.add_argument("--force", action="store_true", help="replace a file of another kind too")


def _so_far(parsed: argparse.Namespace) -> str:
    done = getattr(parsed, "done", {})
    if not done:
        return ""
    file = plain_text([*done][-1])
    return f" after {sum(done.values()):,} rows, in file {len(done)}, {file}"
