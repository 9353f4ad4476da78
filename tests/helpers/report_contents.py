"""Contents of a report out of arrays, put together by hand: what the page is drawn from."""

import numpy as np

import f1core

# Names that would do harm, or look like nothing, where they were taken for markup.
HOSTILE = [
    "</script><img src=x onerror=alert(1)>", "<!--", "'\"><svg onload=alert(2)>", "a&amp;b",
    "{{7*7}}", "line\u2028break", "", "x" * 150, "日本語",
]  # fmt: skip


def scores_of(rng, true, width):
    """Probabilities of two decimals, a little right, so that many of them are equal."""
    logits = rng.normal(0, 1, (len(true), width))
    logits[np.arange(len(true)), true] += 1.5
    likely = np.exp(logits)
    return np.round(likely / likely.sum(axis=1, keepdims=True), 2)


def binary(rows=900, seed=1):
    """Labels and probabilities of a binary task."""
    rng = np.random.default_rng(seed)
    true = (rng.random(rows) < 0.3).astype(int)
    return true, np.round(np.clip(0.3 * true + 0.7 * rng.random(rows), 0, 1), 2)


def multiclass(classes=5, rows=900, seed=2):
    """Labels and probabilities of a multiclass task; every class occurs."""
    rng = np.random.default_rng(seed)
    true = np.concatenate([np.arange(classes), rng.integers(0, classes, rows - classes)])
    return true, scores_of(rng, true, classes)


def multilabel(labels=4, rows=700, seed=3):
    """Flags and probabilities of a multilabel task; labels differ in how rare they are."""
    rng = np.random.default_rng(seed)
    true = (rng.random((rows, labels)) < np.linspace(0.05, 0.5, labels)).astype(int)
    return true, np.round(np.clip(0.4 * true + 0.6 * rng.random((rows, labels)), 0, 1), 2)


def cuts_of(flags, scores, of):
    """Counts at every distinct score and at 0.5, by comparing and adding."""
    cuts = {"rule": ">", "of": of, "threshold": [], "tp": [], "predicted": []}
    for k in range(flags.shape[1]):
        thresholds = np.unique(np.append(scores[:, k], 0.5))
        above = scores[:, k] > thresholds[:, None]
        cuts["threshold"].append(thresholds.tolist())
        cuts["tp"].append((above & (flags[:, k] == 1)).sum(axis=1).tolist())
        cuts["predicted"].append(above.sum(axis=1).tolist())
    cuts["true"] = flags.sum(axis=0).tolist()
    cuts["total"] = [len(flags)] * flags.shape[1]
    return cuts


def classes_of(found, names):
    """The lists by class, with an interval of plain width."""
    one = found.per_class
    lists = {key: np.asarray(getattr(one, key)).tolist() for key in ("precision", "recall", "f1")}
    lists |= {"support": np.asarray(one.support).tolist(), "name": names}
    lists["f1_low"] = [max(0.0, f1 - 0.05) for f1 in lists["f1"]]
    lists["f1_high"] = [min(1.0, f1 + 0.05) for f1 in lists["f1"]]
    return lists | {"roc_auc": None, "average_precision": None, "best_threshold": None}


def contents(task, true, scores, names=None, **more):
    """All that a report shows of these rows, but groups and a baseline."""
    found = f1core.score(true, scores, task=task, confusion=task != "multilabel" or None)
    names = names or [f"class {k}" for k in range(len(np.atleast_1d(found.per_class.f1)))]
    columns = scores if scores.ndim == 2 else scores[:, None]
    flags = true if true.ndim == 2 else true[:, None]
    if task == "multiclass":
        flags = (true[:, None] == np.arange(columns.shape[1])).astype(int)
    headline = found.binary.f1 if task == "binary" else found.macro.f1
    classes = classes_of(found, names)
    matrix = None if task == "multilabel" else np.asarray(found.confusion)
    classes["predicted"], classes["tp"] = sums_of(matrix, flags, columns)
    half = None if task == "multiclass" else {"threshold": 0.5}
    answer = {"value": float(headline), "low": 0.1, "high": 0.9}
    return {
        "format": 1, "title": "Scores of made.parquet", "task": task,
        "made": "2026-11-28T12:00:00Z", "f1core": f1core.__version__,
        "sources": ["made.parquet"], "rows": len(true), "weighted": False,
        "decided_by": "argmax" if task == "multiclass" else "threshold", "level": 0.95,
        "options": {},
        "headline": answer | {"metric": "f1", "label": "F1", "why": "It is F1.", "at": half,
                              "best": None},
        "metrics": [{"metric": "tiny", "label": "tiny", "value": 1e-5, "low": None, "high": None}],
        "averages": [],
        "classes": classes, "positive": 1 if task == "binary" else None,
        "weak": [{"class": 0, "because": "F1 is low"}],
        "confusion": None if matrix is None else confusion_of(matrix),
        "confused": [] if matrix is None else confused_of(matrix),
        "cuts": cuts_of(flags, columns, [1] if task == "binary" else list(range(len(names)))),
        "calibration": calibration(), "groups": None, "baseline": None, **more,
    }  # fmt: skip


def sums_of(matrix, flags, columns):
    """Predicted and right rows of each class."""
    if matrix is None:
        return (columns > 0.5).sum(0).tolist(), ((columns > 0.5) & (flags == 1)).sum(0).tolist()
    return matrix.sum(0).tolist(), np.diag(matrix).tolist()


def confusion_of(matrix):
    """Cells that are not 0, of the first 60 classes."""
    shown = range(min(60, len(matrix)))
    cells = [[i, j, int(matrix[i, j])] for i in shown for j in shown if matrix[i, j]]
    return {"cells": cells, "classes": list(shown), "left_out": len(matrix) - len(shown)}


def confused_of(matrix):
    """The largest errors."""
    pairs = [(int(matrix[i, j]), i, j) for i, j in np.argwhere(matrix) if i != j]
    return [
        {"true": int(i), "predicted": int(j), "count": count,
         "share": count / int(matrix[i].sum()), "low": 0.01, "high": 0.5}
        for count, i, j in sorted(pairs, reverse=True)[:200]
    ]  # fmt: skip


def calibration():
    """Ten bins, of which the last is empty."""
    low = [k / 10 for k in range(10)]
    used = [*[x + 0.05 for x in low[:9]], None]
    return {
        "of": "positive class", "ece": 0.02, "ece_low": 0.01, "ece_high": 0.03, "brier": 0.1,
        "log_loss": 0.3,
        "bins": {
            "low": low, "high": [x + 0.1 for x in low], "count": [*range(90, 0, -10), 0],
            "confidence": used, "frequency": used, "frequency_low": used, "frequency_high": used,
        },
    }  # fmt: skip


def groups(names):
    """A value for each group."""
    return {"column": "carrier", "rows": [
        {"name": name, "rows": 100 + k, "value": 0.5 + 0.01 * k, "low": 0.4, "high": 0.7,
         "precision": 0.5, "recall": None}
        for k, name in enumerate(names)
    ]}  # fmt: skip


def baseline(names):
    """Differences that are higher, lower and not clear, and rows that flipped."""
    spans = [(0.02, 0.01, 0.03, 1e-9), (-0.02, -0.03, -0.01, 0.003), (0.0, -0.1, 0.1, None)]
    rows = [
        {"label": name, "name": name, "rows": 10, "new": 0.5, "old": 0.5 - difference,
         "difference": difference, "low": low, "high": high, "p_value": p, "p_holm": p}
        for k, name in enumerate(names)
        for difference, low, high, p in [spans[k % 3]]
    ]  # fmt: skip
    keys = ("name", "new", "old", "difference", "low", "high", "p_value", "p_holm")
    flips = [
        {"row": k, "file": None, "true": name, "old": names[0], "new": names[-1], "kind": "mended"}
        for k, name in enumerate(names * 3)
    ]
    return {
        "new": "new.parquet", "old": "old.parquet", "rows": 900, "comparisons": 7, "level": 0.95,
        "metrics": rows[:3], "classes": {key: [row[key] for row in rows] for key in keys},
        "groups": rows,
        "flips": {"mended": 27, "broken": 1234, "both_wrong_differently": 0, "rows": flips,
                  "left_out": 12},
    }  # fmt: skip
