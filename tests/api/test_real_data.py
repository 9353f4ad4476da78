"""Real predictions: against the published values of R's yardstick, and against scikit-learn."""

import csv
import json

import numpy as np
import pytest
from sklearn import metrics

from f1core import Accumulator, score

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(scope="module")
def published(data):
    return json.loads((data / "yardstick.json").read_text(encoding="utf-8"))


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def tables(data):
    return {name: table(data / f"{name}.csv") for name in ("hpc_cv", "two_class_example")}


# What we have; the rest follows from the confusion matrix, and ranking has no count.
OURS = {
    "precision": "precision", "ppv": "precision", "recall": "recall", "sens": "recall",
    "spec": "specificity", "f_meas": "f1", "f2_meas": "fbeta",
}  # fmt: skip
SINGLE = {"accuracy": "accuracy", "kap": "kappa", "mcc": "mcc"}
AVERAGES = {"macro": "macro", "macro_weighted": "weighted", "micro": "micro", "binary": "binary"}
RANKED = {"roc_auc", "average_precision"}


def scored(tables, published, record, from_labels):
    """Scores of the rows a value is about, from labels or from probabilities."""
    rows, name = tables[record["data"]], record["data"]
    fold = rows["Resample"] == record["fold"] if record["fold"] else slice(None)
    levels = list(published["levels"][name])
    if record["event_level"] == "first":  # R's event is the first level, our positive the second
        levels.reverse()
    truth, predicted = (rows[column][fold] for column in published["columns"][name])
    options = {"task": "binary" if name == "two_class_example" else "multiclass", "classes": levels}
    if not from_labels and name == "two_class_example":
        predicted = rows[levels[1]][fold].astype(float)
    elif not from_labels:
        predicted = np.stack([rows[level][fold].astype(float) for level in levels], axis=1)
    return score(truth, predicted, beta=2.0, **options)


def from_counts(scores, metric, average):
    """Metrics of yardstick that are formulas over our confusion matrix."""
    c = scores.confusion.astype(float)
    tp, pred, true, n = c.diagonal(), c.sum(axis=0), c.sum(axis=1), c.sum()
    sens, spec = tp / true, (n - true - pred + tp) / (n - true)
    ppv, npv = tp / pred, (n - true - pred + tp) / (n - pred)
    each = {
        "npv": npv, "j_index": sens + spec - 1, "bal_accuracy": (sens + spec) / 2,
        "markedness": ppv + npv - 1, "fall_out": 1 - spec, "miss_rate": 1 - sens,
        "detection_prevalence": pred / n,
    }[metric]  # fmt: skip
    if average == "binary":
        return each[1]
    return np.average(each, weights=true if average == "weighted" else None)


@pytest.mark.parametrize("from_labels", [True, False], ids=["labels", "probabilities"])
def test_yardstick_says_the_same(tables, published, from_labels):
    compared, derived, left = 0, 0, 0
    for record in published["values"]:
        metric, average = record["metric"], AVERAGES.get(record["estimator"])
        if metric in RANKED:
            left += 1
            continue
        scores = scored(tables, published, record, from_labels)
        if metric in SINGLE:
            ours = getattr(scores, SINGLE[metric])
            compared += 1
        elif metric in OURS:
            ours = getattr(getattr(scores, average), OURS[metric])
            compared += 1
        else:
            ours = from_counts(scores, metric, average)
            derived += 1
        assert abs(ours - record["value"]) <= record["tolerance"] + 1e-12, record
    assert compared + derived + left == len(published["values"]) == 332
    assert (compared, derived, left) == (134, 154, 44)


def test_yardsticks_confusion_matrices(tables, published):
    for record in published["confusion"]:
        about = {"data": record["data"], "fold": record["fold"], "event_level": "second"}
        scores = scored(tables, published, about, from_labels=False)
        assert scores.classes == record["labels"]
        assert scores.confusion.tolist() == record["counts"]


def agrees(scores, y_true, y_pred, labels, averages):
    for average in averages:
        theirs = metrics.precision_recall_fscore_support(
            y_true, y_pred, labels=labels, average=average, zero_division=0.0
        )
        ours = getattr(scores, average)
        np.testing.assert_allclose(
            [ours.precision, ours.recall, ours.f1], theirs[:3], rtol=0, atol=1e-12
        )


def test_species(data):
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = parquet.read_table(data / "species.parquet")
    names = [name[2:] for name in rows.column_names if name.startswith("p_")]
    probabilities = rows.select([f"p_{name}" for name in names])
    truth = rows["species"]
    scores = score(truth, probabilities, classes=names)
    assert (len(names), scores.total) == (48, 17_388)
    picked = np.array(names)[np.column_stack(probabilities.columns).argmax(axis=1)]
    agrees(scores, truth.to_numpy(), picked, None, ("micro", "macro", "weighted"))
    assert scores.accuracy == pytest.approx(0.8174, abs=5e-5)
    assert scores.macro.f1 == pytest.approx(0.3301, abs=5e-5)
    assert int(scores.included.sum()) == 40
    every = score(truth, probabilities, classes=names, average_over="all")
    assert every.macro.f1 == pytest.approx(0.2751, abs=5e-5)
    assert scores.mcc == pytest.approx(
        metrics.matthews_corrcoef(truth.to_numpy(), picked), abs=1e-12
    )
    assert score(truth, picked).to_dict() == pytest.approx(scores.to_dict(), abs=1e-12)


def test_flights(data):
    with np.load(data / "flights.npz") as file:
        y_true, y_prob = file["y_true"], file["y_prob"]
    scores = score(y_true, y_prob)
    assert scores.total == 164_261
    assert scores.confusion.sum(axis=1)[1] == 305
    agrees(scores, y_true, (y_prob > 0.5).astype(int), [0, 1], ("micro", "macro", "weighted"))
    assert scores.binary.f1 == pytest.approx(0.0065, abs=5e-5)
    assert scores.confusion.sum(axis=0)[1] == 2
    best = score(y_true, y_prob, threshold=0.0434)
    assert best.binary.f1 == pytest.approx(0.0752, abs=5e-5)
    made = Accumulator("binary")
    for start in range(0, len(y_true), 10_007):
        made.update(y_true[start : start + 10_007], y_prob[start : start + 10_007])
    assert made.compute().to_dict() == scores.to_dict()


def test_roles(data):
    rows = table(data / "roles.csv")
    roles = [name[5:] for name in rows if name.startswith("true_")]
    y_true = np.stack([rows[f"true_{role}"].astype(int) for role in roles], axis=1)
    y_prob = np.stack([rows[f"p_{role}"].astype(float) for role in roles], axis=1)
    scores = score(y_true, y_prob, task="multilabel", classes=roles)
    assert (len(roles), scores.total) == (13, 2_797)
    flags = (y_prob > 0.5).astype(int)
    agrees(scores, y_true, flags, None, ("micro", "macro", "weighted", "samples"))
    assert scores.macro.f1 == pytest.approx(0.0690, abs=5e-5)
    assert int((scores.per_class.support > 0).sum()) == 13
    best = score(y_true, y_prob, task="multilabel", threshold=0.065506)
    assert best.macro.f1 == pytest.approx(0.2415, abs=5e-5)
    assert scores.hamming_loss == pytest.approx(metrics.hamming_loss(y_true, flags), abs=1e-12)
