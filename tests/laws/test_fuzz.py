"""Every public call, given odd objects in any place: a result or an F1Error, nothing else."""

from __future__ import annotations

import inspect
import io
import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from odd import ODD
from problems import PROFILE, QUICK

import f1core
from f1core import Accumulator, BestEpoch, BinnedThresholds, F1Error, files, plots
from f1core.cli import main

matplotlib = pytest.importorskip("matplotlib")
scikit_learn = pytest.importorskip("sklearn")
sklearn_metrics = pytest.importorskip("sklearn.metrics")
matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402
from sklearn.exceptions import UndefinedMetricWarning  # noqa: E402

from f1core.adapters import catboost, lightgbm, sklearn, transformers, xgboost  # noqa: E402

UNDEFINED = (
    r"(Precision|Recall|F-score|Jaccard) is ill-defined and being set to 0\.0 (due to|in (labels|"
    r"samples) with) no (true|predicted|true (or|nor) predicted) (labels|samples)\. "
    r"Use `zero_division` parameter to control this behavior\.$"
)
SINGLE = {"y_true": [0, 1, 1, 0], "y_prob": [0.1, 0.9, 0.4, 0.2], "y_pred": [0, 1, 0, 0]}
# What may stand in an argument of this name; the first is usual.
USUAL: dict[str, list[Any]] = {
    "y_true": [SINGLE["y_true"], np.eye(3)[[0, 1, 2, 0]], ["a", "b", "b", "a"]],
    "y_pred": [
        SINGLE["y_prob"], SINGLE["y_pred"], np.full((4, 3), 0.3),
        np.eye(3, dtype=int)[[0, 1, 1, 0]], ["a", "b", "a", "a"],
    ],
    "y_prob": [SINGLE["y_prob"], np.full((4, 3), 0.3)],
    "pred_a": [SINGLE["y_pred"], SINGLE["y_prob"], np.full((4, 3), 0.3)],
    "pred_b": [SINGLE["y_prob"], SINGLE["y_pred"], np.full((4, 3), 0.3)],
    "groups": [["x", "y", "y", "x"], [1, 2, 2, 1]],
    "task": ["binary", "multiclass", "multilabel"],
    "classes": [2, 3, ["a", "b"], [0, 1]],
    "threshold": [0.5, [0.1, 0.2, 0.3]],
    "top_k": [1, 2],
    "from_logits": [False, True],
    "sample_weight": [[1.0, 2.0, 0.0, 1.0], [1, 1, 1, 1]],
    "sample_id": [[1, 2, 3, 4], ["p", "q", "r", "s"]],
    "ignore_index": [-1, 0],
    "average_over": ["present", [0]],
    "zero_division": [0.0, float("nan")],
    "beta": [1.0, 2.0],
    "confusion": [True, False],
    "resamples": [0, 20],
    "seed": [0, 7],
    "threads": [1, 2],
    "pos_label": [1, "a"],
    "metric": ["f1", "accuracy", "f1_macro"],
    "name": ["f1", "accuracy"],
    "level": [0.95, 0.5],
    "method": ["bootstrap", "delta"],
    "normalize": ["true", None],
    "average": ["macro", "micro", "binary", None],
    "slack": [0.0, 0.1],
    "shared": [False, True],
    "bins": [4, 16],
    "label": [0, 1],
    "labels": [[0, 1]],
    "y1": [SINGLE["y_true"]],
    "y2": [SINGLE["y_pred"]],
    "value": [0.5, 1],
    "ratio": ["f1", "recall"],
    "true": [1, 0, None],
    "predicted": [0, 1, None],
    "outcome": [None, "fn", "tp"],
    "limit": [None, 2],
    "matrix": [[[3, 1], [0, 2]]],
    "n": [3, 1],
    "kind": ["polars", "pandas"],
    "per_class": [True, False],
    "columns": [None, "*"],
    "paths": [],
    "path": [],
}  # fmt: skip
ENTRIES: dict[str, Callable[..., Any]] = {
    "score": f1core.score,
    "score_by": f1core.score_by,
    "compare": f1core.compare,
    "best_threshold": f1core.best_threshold,
    "curve": f1core.curve,
    "calibration": f1core.calibration,
    "rows": f1core.rows,
    "Scores.from_confusion": f1core.Scores.from_confusion,
    "Accumulator": Accumulator,
    "BinnedThresholds": BinnedThresholds,
    "BestEpoch": BestEpoch,
    "plots.threshold": plots.threshold,
    "plots.confusion": plots.confusion,
    "plots.per_class": plots.per_class,
    "plots.roc": plots.roc,
    "plots.precision_recall": plots.precision_recall,
    "plots.reliability": plots.reliability,
    "files.score": files.score,
    "files.accumulate": files.accumulate,
    "files.read": files.read,
    "files.rows": files.rows,
    "files.binned": files.binned,
    "transformers.make_compute_metrics": transformers.make_compute_metrics,
    "xgboost.custom_metric": xgboost.custom_metric,
    "xgboost.eval_metric": xgboost.eval_metric,
    "lightgbm.feval": lightgbm.feval,
    "catboost.eval_metric": catboost.eval_metric,
}
if tuple(map(int, scikit_learn.__version__.split(".")[:2])) >= (1, 9):  # older ones refuse less
    ENTRIES |= {f"sklearn.{name}": getattr(sklearn, name) for name in sklearn.__all__}


def _scores():
    return f1core.score(SINGLE["y_true"], SINGLE["y_prob"])


def _counted():
    made = Accumulator("binary")
    made.update(SINGLE["y_true"], SINGLE["y_prob"])
    return made


def _binned():
    made = BinnedThresholds("binary", bins=4, calibration=True)
    made.update(SINGLE["y_true"], SINGLE["y_prob"])
    return made


METHODS = {
    "Scores": (
        _scores,
        ["metric", "interval", "confusion_matrix", "most_confused", "to_frame", "to_dict"],
    ),
    "Accumulator": (_counted, ["update", "merge", "save"]),
    "Accumulator of ids": (lambda: Accumulator("multiclass"), ["update"]),
    "BinnedThresholds": (
        _binned,
        ["update", "merge", "save", "best_threshold", "curve", "ranking", "calibration"],
    ),
    "BestEpoch": (BestEpoch, ["update", "load_state_dict"]),
    "compute_metrics": (
        lambda: transformers.make_compute_metrics(task="multiclass", classes=3),
        ["__call__"],
    ),
}
for owner, (make, names) in METHODS.items():
    for name in names:
        ENTRIES[f"{owner}.{name}"] = lambda *args, _make=make, _name=name, **options: getattr(
            _make(), _name
        )(*args, **options)
        ENTRIES[f"{owner}.{name}"].__signature__ = inspect.signature(getattr(make(), name))
ENTRIES["Accumulator.load"] = Accumulator.load
ALIKE = {  # options that go on to others
    "score_by": "score", "compare": "score", "plots.threshold": "curve", "files.score": "score",
    "files.accumulate": "score", "transformers.make_compute_metrics": "score",
    "xgboost.custom_metric": "score", "xgboost.eval_metric": "score", "lightgbm.feval": "score",
    "sklearn.scorer": "score", "catboost.eval_metric": "score",
}  # fmt: skip


def arguments(name):
    """The names of what a call takes, and those of them that it needs."""
    found = inspect.signature(ENTRIES[name]).parameters.values()
    named = [p for p in found if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    more = [p for p in arguments(ALIKE[name])[0] if not p.startswith("y_")] if name in ALIKE else []
    every = dict.fromkeys([*(p.name for p in named if p.name != "ax"), *more])
    return list(every), [p.name for p in named if p.default is p.empty]


def drawn(name, rng, folder):
    """The arguments of one call, of which one or two are odd."""
    every, needed = arguments(name)
    usual = USUAL | {
        "paths": [str(folder / "p.csv")], "path": [folder / "state"], "target": ["y"],
        "probabilities": ["p"], "group": ["y"], "scores": [_scores()], "other": [_counted()],
        "prediction": [(np.eye(3), [0, 1, 2])], "state": [BestEpoch().state_dict()],
    }  # fmt: skip
    if name.startswith("files"):
        usual = usual | {"sample_weight": ["p"], "sample_id": ["y"]}
    chosen = {}
    for argument in every:
        if argument in needed or rng.random() < 0.15:
            values = usual.get(argument, [1, "a", None])
            chosen[argument] = values[0 if rng.random() < 0.6 else rng.integers(len(values))]
    kinds = sorted(ODD)
    for argument in rng.choice(every, rng.integers(1, 3)):
        kind = kinds[rng.integers(len(kinds))]
        if argument == "path" and kind in ("a", "bytes_", "str_", "bytes", "long text", "super 2"):
            continue  # would leave a file behind
        chosen[argument] = ODD[kind]()
        yield argument, kind
    yield chosen


def survives(name, options):
    """Call it: all but an F1Error comes through, warnings too.

    What stands for a function of scikit-learn may also raise and warn as that one does.
    """
    call = ENTRIES[name]
    theirs = getattr(sklearn_metrics, name.removeprefix("sklearn."), None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="numpy|pyparsing")
        if theirs is not None:  # 0/0 is told, whether a label that is none was looked up or not
            warnings.filterwarnings("ignore", UNDEFINED, UndefinedMetricWarning)
        try:
            return call(**options)
        except F1Error:
            return None
        except Exception:
            if theirs is None:
                raise
            with pytest.raises(Exception):  # noqa: B017, PT011 - of whichever kind
                theirs(**options)
            return None


def fuzz(name, rounds, folder, seed=0):
    rng = np.random.default_rng([crc32(name.encode()), seed])
    for _ in range(rounds):
        *odd, chosen = drawn(name, rng, folder)
        try:
            found = survives(name, chosen)
            if isinstance(found, f1core.Scores):
                found.to_dict()
                str(found)
        except Exception as error:
            raise AssertionError(f"{name}: {odd} in {list(chosen)}: {error!r}") from error
        pyplot.close("all")


@pytest.fixture
def folder(monkeypatch):
    """A folder to be in: some odd objects are names under which a file may be saved."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "p.csv").write_text("y,p\n0,0.1\n1,0.9\n1,0.4\n0,0.2\n")
        with monkeypatch.context() as here:
            here.chdir(name)
            yield Path(name)


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_odd_objects_in_any_argument(name, folder):
    fuzz(name, 25, folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_very_many_odd_objects_in_any_argument(name, folder):
    fuzz(name, {"brief": 30, "quick": 100, "ci": 400}.get(PROFILE, 2000), folder, seed=1)


WORDS = [
    "", "-", "--", "a", "0", "-1", "nan", "1e400", "99999999999999999999", "\u00b2", "[/b]", "**",
    "x" * 300, "a\0b", "0.5", "f1", "true", "1,0", ",", "binary", "json", "p_*", "p_\u00b2", "/",
    "/dev/null", ".", "~", "y", "p",
]  # fmt: skip
FLAGS = [
    "--target", "--probabilities", "--task", "--classes", "--threshold", "--top-k", "--weight",
    "--id", "--group", "--ignore-index", "--average-over", "--zero-division", "--beta",
    "--from-logits", "--threads", "--resamples", "--seed", "--pos-label", "--format", "--nonsense",
]  # fmt: skip


def run_words(rng, folder):
    command = rng.choice(["score", "tune", "plot", "merge", "show", "bench", "nonsense", "diff"])
    if command == "bench":
        return
    words = [command, str(folder / "p.csv"), "--target", "y", "--probabilities", "p"]
    for _ in range(rng.integers(1, 4)):
        at = rng.integers(1, len(words) + 1)
        more = [str(rng.choice(FLAGS)), str(rng.choice(WORDS))]
        words[at:at] = more[rng.integers(2) :]
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("error")
        try:
            main([str(word) for word in words])
        except SystemExit:
            pass
        except Exception as error:
            raise AssertionError(f"{words}: {error!r}") from error


MANY = 500 if QUICK else 5000


@pytest.mark.parametrize("rounds", [60, pytest.param(MANY, marks=pytest.mark.slow)])
def test_odd_words_on_the_command_line(rounds, folder):
    rng = np.random.default_rng(rounds)
    for _ in range(rounds):
        run_words(rng, folder)


# ---- what a fuzzer draws too seldom, or would wait for ---------------------------------------

CALLS = {
    "columns that are none": lambda: f1core.score(np.zeros(8), np.zeros((8, 0)), task="multiclass"),
    "no columns at all": lambda: f1core.score(*[np.zeros((8, 0))] * 2, task="multilabel"),
    "a matrix of 10^8 classes": lambda: f1core.score(
        [0, 1], [1, 1], task="multiclass", classes=10**8, confusion=True
    ),
    "bins of many labels": lambda: BinnedThresholds("multilabel", bins=2**20).update(
        *[np.zeros((2, 100_000))] * 2
    ),
    "a timedelta as seed": lambda: _scores().interval("f1", seed=np.timedelta64(1, "s")),
    "a generator that fails": lambda: files.score((1 / 0 for _ in "a"), target="y"),
    "a level of 1, but for rounding": lambda: _scores().interval("f1", level=1 - 1e-16),
    "the same, by the delta method": lambda: _scores().interval(
        "f1", level=1 - 1e-16, method="delta"
    ),
    "a level of 0, but for rounding": lambda: _scores().interval("f1", level=5e-324),
}
for size in (10**10, 10**15, 10**30):
    CALLS |= {
        f"{size} resamples": lambda n=size: f1core.score(
            SINGLE["y_true"], SINGLE["y_prob"], resamples=n
        ),
        f"{size} resamples of an interval": lambda n=size: _scores().interval("f1", resamples=n),
        f"{size} resamples of a difference": lambda n=size: f1core.compare(
            SINGLE["y_true"], SINGLE["y_pred"], SINGLE["y_prob"], metric="f1", resamples=n
        ),
        f"{size} resamples of an accumulator": lambda n=size: Accumulator(
            "binary", resamples=n
        ).update(SINGLE["y_true"], SINGLE["y_prob"]),
    }


@pytest.mark.parametrize("name", sorted(CALLS))
def test_what_cannot_be_is_refused_at_once(name):
    with pytest.raises(F1Error):
        CALLS[name]()


def test_more_threads_than_there_can_be_are_as_many_as_pay():
    found = f1core.score(SINGLE["y_true"], SINGLE["y_prob"], threads=10**30)
    assert found.to_dict() == _scores().to_dict()
