"""Calls that a type checker lets pass, and the types that it sees: `mypy` runs over this file."""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import f1core
import f1core.files
from f1core.adapters.keras import ScoreCallback, ScoreMetric
from f1core.adapters.lightgbm import feval
from f1core.adapters.torch import ScoreMeter

y, p = np.array([0, 1]), np.array([0.2, 0.8])
more: dict[str, Any] = {"beta": 2.0}

s = f1core.score(y, p, task="binary", threshold=[0.3], unknown="miss", **more)
assert_type(s, f1core.Scores)
assert_type(s.macro.f1, float)
assert_type(s.binary.precision, float)
assert_type(s.per_class.f1, NDArray[Any])
assert_type(s.interval("f1_macro", method="delta"), tuple[float, float])
assert_type(s.to_dict(per_class=True), dict[str, Any])
assert_type(s.confusion_matrix(normalize="true"), NDArray[Any])

a = f1core.Accumulator("multilabel", classes=3, threads=1)
a.update(y, p, sample_id=y)
assert_type(a.compute().samples.recall, float)
assert_type(f1core.files.score("a.parquet", target="y", task="multiclass"), f1core.Scores)
assert_type(
    f1core.files.score("a.parquet", target="y", group="web", beta=2.0), dict[Any, f1core.Scores]
)
f1core.best_threshold(y, p, task="binary", average="micro").score.is_integer()
f1core.calibration(y, p, strategy="quantile").ece.is_integer()
f1core.compare(y, p, p, metric="f1", task="binary").p_value.is_integer()
f1core.files.compare("b.csv", "a.csv", target="y", task="binary", beta=2.0).flips.mended.bit_count()

ScoreMetric("f1", task="multiclass", classes=3, average="per_class", top_k=2)
ScoreCallback(y, p, task="binary", threshold="best", average="macro")
ScoreMeter("binary", check="now", threshold=0.2)
feval(["f1", "mcc"], task="binary", threshold=0.2, beta=2.0)
