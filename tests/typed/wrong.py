"""Slips that a type checker catches: each is ignored by its code, and an ignore too many fails."""

import numpy as np

import f1core
import f1core.files
from f1core.adapters.catboost import eval_metric
from f1core.adapters.keras import ScoreCallback, ScoreMetric
from f1core.adapters.lightgbm import feval
from f1core.adapters.torch import ScoreMeter
from f1core.cluster.spark import score

y, p = np.array([0, 1]), np.array([0.2, 0.8])

f1core.score(y, p, task="bianry")  # type: ignore[arg-type]
f1core.score(y, p, unknown="missed")  # type: ignore[arg-type]
f1core.score(y, p, tresh=0.3)  # type: ignore[arg-type]
f1core.score(y, p, beta="2")  # type: ignore[arg-type]
f1core.Accumulator("multi-class")  # type: ignore[arg-type]
f1core.Accumulator("binary", labels=[0, 1])  # type: ignore[arg-type]
f1core.score(y, p).interval("f1", method="wald")  # type: ignore[arg-type]
f1core.score(y, p).confusion_matrix(normalize="rows")  # type: ignore[arg-type]
f1core.score(y, p).to_frame("dask")  # type: ignore[arg-type]
f1core.best_threshold(y, p, task="multi")  # type: ignore[arg-type]
f1core.curve(y, p, pos_labels=1)  # type: ignore[call-overload]
f1core.calibration(y, p, strategy="equal")  # type: ignore[arg-type]
f1core.compare(y, p, p, treshold=0.3)  # type: ignore[call-arg]
f1core.score_by(y, y, p, treshold=0.3)  # type: ignore[call-arg]
f1core.BinnedThresholds("binary", bin=16)  # type: ignore[arg-type]
f1core.files.compare("b.csv", "a.csv", target="y", task="bianry")  # type: ignore[arg-type]
f1core.files.score("a.parquet", target="y", tresh=0.3)  # type: ignore[call-overload]
f1core.files.score("a.parquet", target="y", task="bianry")  # type: ignore[call-overload]
ScoreMetric("f1", task="bianry")  # type: ignore[arg-type]
ScoreMetric("f1", task="binary", average="mean")  # type: ignore[arg-type]
ScoreCallback(y, p, task="binary", tresh=0.3)  # type: ignore[call-arg]
ScoreMeter("binary", check="soon")  # type: ignore[arg-type]
ScoreMeter("binary", tresh=0.3)  # type: ignore[call-arg]
feval("f1", task="bianry")  # type: ignore[arg-type]
eval_metric("f1", task="binary", from_logit=True)  # type: ignore[call-arg]
score(None, target="y", probabilities="p", task="multi")  # type: ignore[arg-type]
