"""The command plot: one picture in a file, of one model or of several."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import files
from ..argument_types import comma, cutting, written
from ..errors import F1Error, plain_text, reason_of, renamed
from ..io.rows import Rows
from ..io.tuned import Tuned
from ..scores import Scores
from ..writing import check_target
from . import arguments
from .calibration import calibration_of
from .progress import Meter, progress
from .reading import ranked_task, read_rows
from .search import CHOSEN_HERE, search

# What is drawn, by its names on the command line.
KINDS = {
    "threshold": "threshold", "confusion": "confusion", "per_class": "per_class", "roc": "roc",
    "pr": "precision_recall", "precision_recall": "precision_recall",
    "calibration": "reliability", "reliability": "reliability",
}  # fmt: skip
_OLDER = ("precision_recall", "reliability")
# Options that some kinds have no use for: what they are where they are not given, and the kinds.
_OF_SOME: dict[str, tuple[Any, tuple[str, ...]]] = {
    "threshold": (None, ("threshold", "roc", "precision_recall", "confusion", "per_class")),
    "label": (None, ("threshold", "roc", "precision_recall", "reliability", "per_class")),
    "limit": (None, ("threshold", "confusion", "per_class")),
    "bins": (None, ("reliability",)),
    "strategy": (None, ("reliability",)),
    "unknown": ("error", ("confusion", "per_class")),
}


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core plot`."""
    parser = arguments.add_command(
        commands, "plot", run,
        short="a picture of scores, counts or classes",
        long="Draw one picture of predictions into a file, by matplotlib: F1 by threshold, the "
        "confusion matrix, F1 by class, ROC, precision and recall (pr), calibration. Several "
        "models are drawn together with --models or --model.",
        example="""
        f1core plot preds.csv --target y --probabilities p --kind roc --output roc.png
        f1core plot old=a.csv new=b.csv --models --target y --probabilities p --kind pr
        """,
    )  # fmt: skip
    arguments.add_columns(parser)
    arguments.add_task(parser)
    arguments.add_unknown(parser)
    parser.add_argument("--kind", choices=list(KINDS), required=True, help="what is drawn")
    parser.add_argument(
        "--models", action="store_true", help="each PATH is a model; NAME=PATH names it"
    )
    parser.add_argument(
        "--model", type=named, action="append", metavar="NAME=COLUMN",
        help="a model by its columns of the files, instead of --probabilities; several times",
    )  # fmt: skip
    parser.add_argument(
        "--threshold", type=cutting, metavar="T[,T…]|best|FILE",
        help="what decides (0.5), or is marked: one, or one a label; the best on these rows; or a "
        "file of `tune`",
    )  # fmt: skip
    parser.add_argument("--label", type=comma, metavar="A,B,…", help="only these labels or classes")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="classes that are drawn, of more the most telling"
    )
    parser.add_argument("--title", metavar="TEXT", help="above the picture (the files' names)")
    arguments.add_logits(parser)
    arguments.add_bins(parser)
    parser.set_defaults(bins=None, strategy=None)
    parser.add_argument(
        "--output", type=written, default="f1core.png", metavar="FILE", help="(f1core.png)"
    )
    arguments.add_force(parser)


def named(text: str) -> tuple[str, str]:
    """Split NAME=VALUE into its two parts."""
    name, equals, value = text.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise argparse.ArgumentTypeError(f"it is {text!r}; give NAME=COLUMN")
    return name.strip(), value.strip()


def run(parsed: argparse.Namespace) -> None:
    """Draw one picture into a file."""
    kind = KINDS[parsed.kind]
    for option, (absent, kinds) in _OF_SOME.items():
        if getattr(parsed, option) != absent and kind not in kinds:
            said = ", ".join(k for k, v in KINDS.items() if v in kinds and k not in _OLDER)
            raise F1Error(f"--{option} is not for --kind {parsed.kind}, but for {said}")
    asked = _models(parsed)
    if not Path(parsed.output).suffix:  # matplotlib would write another file than was checked
        parsed.output += ".png"
    path = check_target(
        parsed.output, Path(parsed.output).suffix.lower().lstrip(".") or "png",
        inputs=[p for one in asked.values() for p in files.inputs(one.paths, one.target)],
        force=parsed.force, named="--output",
    )  # fmt: skip
    with progress(parsed) as meter:
        rows = {name: read_rows(one) for name, one in asked.items()}
        first = next(iter(rows.values()))
        for name, other in rows.items():
            if other.classes != first.classes:
                raise F1Error(
                    f"model {name!r} has other classes than the first: --classes names them"
                )
        _settle(parsed, rows, meter)
        if parsed.title is None:
            parsed.title = _data(parsed, first)
        meter.stage("drawing")
        figure = _drawn(kind, rows, parsed).figure
        try:
            figure.savefig(path, dpi=150, bbox_inches="tight")
        except (OSError, ValueError) as error:
            raise F1Error(f"{path} cannot be written: {reason_of(error)}") from None
    print(plain_text(path))


def _settle(parsed: argparse.Namespace, rows: dict[Any, Rows], meter: Meter) -> None:
    """Replace `--threshold best` and thresholds of a file by what they are on these rows."""
    asked, first = parsed.threshold, next(iter(rows.values()))
    if asked == "best" and KINDS[parsed.kind] == "threshold":
        parsed.threshold = None  # which is marked in any case
    elif asked == "best":
        if None not in rows:
            raise F1Error("--threshold best is that of one model; several have several")
        found = search(argparse.Namespace(**vars(parsed), beta=1.0), first, meter).best
        parsed.threshold = np.asarray(found.threshold).tolist()
        arguments.say(parsed, f"the threshold with the best {found.metric} was {CHOSEN_HERE}")
    elif isinstance(asked, Tuned):
        with first.locate_errors():
            found_there = _scored(parsed, first)
        asked.check(found_there.task, found_there.classes, parsed.from_logits)
        parsed.threshold = asked.of(found_there.classes)


def _scored(parsed: argparse.Namespace, rows: Rows, **cut: Any) -> Scores:
    """Score a model's rows."""
    from ..api import score

    return score(
        rows.true, rows.scores, task=parsed.task, classes=rows.classes, **cut, **rows.options
    )


def _models(parsed: argparse.Namespace) -> dict[str | None, argparse.Namespace]:
    """List where the rows of each model are, by name; under None where there is but one."""

    def with_(**more: Any) -> argparse.Namespace:
        return argparse.Namespace(**{**vars(parsed), **more})

    if parsed.models and parsed.model:
        raise F1Error("--models takes files as models, --model columns of one: say one of the two")
    if (parsed.models or parsed.model) and KINDS[parsed.kind] == "confusion":
        raise F1Error("--kind confusion shows one model; --kind per_class compares several")
    if parsed.model:
        if parsed.probabilities is not None:
            raise F1Error("--model names the columns of each model: leave out --probabilities")
        pairs = [(name, with_(probabilities=comma(columns))) for name, columns in parsed.model]
    elif parsed.models:
        split = [_named_path(text) for text in parsed.paths]
        pairs = [(name, with_(paths=[path])) for name, path in split]
    else:
        return {None: parsed}
    found: dict[str | None, argparse.Namespace] = {}
    for name, one in pairs:
        if name in found:
            raise F1Error(f"two models are called {name!r}: name each, NAME={pairs[0][1].paths[0]}")
        found[name] = one
    return found


def _named_path(text: str) -> tuple[str, str]:
    """Split NAME=PATH, or name a model after the file of its path."""
    name, equals, path = str(text).partition("=")
    if equals and name and path and not Path(text).exists():
        return name, path
    return Path(text).stem, str(text)


def _data(parsed: argparse.Namespace, rows: Rows) -> str:
    """Name the data after its files."""
    if parsed.models:
        return ""
    every = list(dict.fromkeys(Path(name).name for name in rows.counts))
    return every[0] if len(every) == 1 else f"{every[0]} and {len(every) - 1:,} more"


def _drawn(kind: str, rows: dict[Any, Rows], parsed: argparse.Namespace) -> Any:
    """Draw all models; a refusal names the file and row of the model that is at fault."""
    try:
        if None in rows:
            with rows[None].locate_errors():
                return _picture(kind, rows, parsed)
        try:
            return _picture(kind, rows, parsed)
        except F1Error:
            for each in rows.values():
                with each.locate_errors():
                    _picture(kind, {None: each}, parsed)
            raise
    except F1Error as error:
        raise renamed(
            error, **{"of=…": "--label", "of=": "--label ", "of names": "--label names"}
        ) from None


def _picture(kind: str, rows: dict[Any, Rows], parsed: argparse.Namespace) -> Any:
    """Draw a picture; return its axes, or the first of them."""
    from .. import plots

    first = next(iter(rows.values()))

    def each(value: Callable[[Rows], Any]) -> Any:
        """Take a value of the only model, or a dict of those of all."""
        if None in rows:
            return value(first)
        return {name: value(one) for name, one in rows.items()}

    more: dict[str, Any] = {"title": parsed.title}
    if parsed.limit is not None:
        more["limit"] = parsed.limit
    if kind == "reliability":
        measured = each(lambda one: calibration_of(_with_bins(parsed), one))
        task = (measured if None in rows else next(iter(measured.values()))).task
        of = _classes(parsed, first)
        if of is not None and len(of) > 1:
            raise F1Error("--kind calibration draws one class, or all: name one with --label")
        if task == "multilabel" and of is None and None not in rows:
            raise F1Error("--kind calibration draws one label of several models: say --label")
        every = task == "multilabel" and of is None
        return plots.reliability(measured, of=of and of[0], per_class=every, **more)
    if kind in ("confusion", "per_class"):
        cut = {} if parsed.threshold is None else {"threshold": parsed.threshold}
        scores = each(lambda one: _scored(parsed, one, **cut))
        if kind == "per_class":
            return plots.per_class(scores, of=_classes(parsed, first), **more)
        if scores.task == "multilabel":
            raise F1Error("a multilabel task has no one matrix; --kind per_class draws its labels")
        return plots.confusion(scores, **more)
    task = ranked_task(first, parsed.task)
    axes = getattr(plots, kind)(
        each(lambda one: one.true), each(lambda one: one.scores), task=task, classes=first.classes,
        of=_classes(parsed, first), threshold=parsed.threshold, **more, **first.options,
    )  # fmt: skip
    return axes[0] if isinstance(axes, list) else axes


def _with_bins(parsed: argparse.Namespace) -> argparse.Namespace:
    given = {"bins": parsed.bins or 10, "strategy": parsed.strategy or "uniform"}
    return argparse.Namespace(**{**vars(parsed), **given})


def _classes(parsed: argparse.Namespace, rows: Rows) -> list[Any] | None:
    """Find the classes of --label as the data spells them; None without that option."""
    if parsed.label is None:
        return None
    if rows.scores.ndim == 1:
        raise F1Error("--label names classes that have a column each; there is one column")
    names = rows.classes if isinstance(rows.classes, list) else range(rows.scores.shape[1])
    known = {str(name): name for name in names}
    for label in parsed.label:
        if label not in known:
            few = ", ".join(list(known)[:12])
            raise F1Error(f"--label is {label!r}, which is no class; there are {few}")
    return [known[label] for label in parsed.label]
