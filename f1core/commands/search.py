"""The best threshold of rows of files, beside the one that scores are cut at without it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import files
from ..accumulator import Accumulator
from ..api import score
from ..errors import F1Error, one_of, rename_option
from ..grouped import GroupedAccumulator
from ..io.rows import Rows
from ..io.tuned import Tuned
from ..options import make_options
from ..scores import Scores
from .progress import Meter
from .reading import read_rows

if TYPE_CHECKING:
    from ..thresholds import Best

CHOSEN_HERE = "chosen and judged on these same rows, which flatters it: judge it on others"
_OF_LABELS = ("macro", "micro", "weighted")


class Found(NamedTuple):
    """The best threshold, and the scores before and after."""

    best: Best
    before: Scores
    after: Scores


def search(parsed: argparse.Namespace, rows: Rows, meter: Meter) -> Found:
    """Find the threshold, or one a label or class, that `parsed` asks for."""
    how: dict[str, Any] = {
        "task": parsed.task,
        "classes": rows.classes,
        "sample_weight": rows.weight,
        **rows.options,
    }
    for name in ("beta", "average_over", "zero_division"):  # of which not every command has all
        if name not in how and hasattr(parsed, name):
            how[name] = getattr(parsed, name)
    meter.stage("searching thresholds")
    with rows.locate_errors():
        before = score(rows.true, rows.scores, **how)
        best = _best(parsed, rows, before.task, how)
        after = score(rows.true, rows.scores, threshold=best.threshold, **how)
    return Found(best, before, after)


def _best(parsed: argparse.Namespace, rows: Rows, task: str, how: dict[str, Any]) -> Best:
    from ..thresholds import best_threshold

    average, metric = getattr(parsed, "average", None), getattr(parsed, "metric", None)
    least = {name: getattr(parsed, name, None) for name in ("min_precision", "min_recall")}
    if metric is not None:
        if average is not None:
            raise F1Error("--metric and --average both say what is sought: give one")
        for name, value in least.items():
            if value is not None:
                raise F1Error(f"--metric and {name} both say what is sought: give one")
        ratio = "f1" if parsed.beta == 1.0 else "fbeta"
        if task == "binary" and metric not in ("f1", ratio):
            from ..thresholds.two_classes import best_of_two

            names = ("classes", "from_logits", "ignore_index", "average_over", "zero_division",
                     "beta", "pos_label")  # fmt: skip
            given = {name: how[name] for name in names if name in how}
            options = make_options("binary", **given)
            with rename_option("average", "metric"):
                return best_of_two(rows.true, rows.scores, options, metric, rows.weight)
        if task == "multilabel":
            known = {f"{ratio}_{kind}": kind for kind in _OF_LABELS}
            if metric not in known:
                raise F1Error(one_of("metric", metric, known))
            average = known[metric]
        elif task == "multiclass":
            average = metric
    more = least | {"shared": getattr(parsed, "shared", False)}
    average = "macro" if average is None else average
    with rename_option("average", "average" if metric is None else "metric"):
        return best_threshold(rows.true, rows.scores, average=average, **more, **how)


def settle(parsed: argparse.Namespace, meter: Meter) -> str | None:
    """Replace `--threshold best` by what it is on these rows; return what must be said of it."""
    if parsed.threshold != "best":
        return None
    if getattr(parsed, "sample_id", None) is not None:
        raise F1Error("--threshold best counts each row: leave out --id, or tune first")
    if parsed.top_k is not None:
        raise F1Error("--threshold best and --top-k are two rules: give one")
    if not files.rereadable(parsed.paths):
        raise F1Error("--threshold best reads the rows twice, and a pipe is read once")
    found = search(parsed, read_rows(parsed), meter)
    at = found.best.threshold
    parsed.threshold = at if isinstance(at, float) else at.tolist()
    many = isinstance(parsed.threshold, list)
    told = "one a label or class" if many else f"{at:.6g}"
    return f"the threshold with the best {found.best.metric} ({told}) was {CHOSEN_HERE}"


def check_tuned(parsed: argparse.Namespace, total: Accumulator | GroupedAccumulator) -> None:
    """Refuse thresholds of a file that were tuned for something else."""
    if isinstance(parsed.threshold, Tuned):
        found = total.compute()
        for scores in found.values() if isinstance(found, dict) else [found]:
            parsed.threshold.check(scores.task, scores.classes, parsed.from_logits)
