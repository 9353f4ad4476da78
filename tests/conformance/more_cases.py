"""Inputs of the vectors whose right values are no counts of rows: matrices, rankings, spans."""

# ruff: noqa: E501 - a row holds a whole case

from __future__ import annotations

from typing import Any

from cases import BINARY, MACRO, MICRO, add, binary, multiclass, multilabel

DONG = [
    [5022, 577, 188, 19, 395], [407, 2468, 989, 4, 965], [130, 630, 27254, 1021, 763],
    [13, 0, 1236, 6399, 5], [103, 258, 609, 0, 9611],
]  # fmt: skip
TAKAHASHI = "Takahashi et al. 2021, Applied Intelligence 52:4961, on Dong et al. 2017, table V"
IRIS = [[49, 1, 0], [0, 47, 3], [0, 2, 48]]
GRID = "yardstick.tidymodels.org/reference"


def matrix(kind: str, name: str, what: str, rows: Any, want: list[str], **more: Any) -> None:
    task = "binary" if len(rows) == 2 else "multiclass"
    add(kind, name, what, want, op=more.pop("op", "confusion"), task=task, classes=len(rows),
        matrix=rows, **more)  # fmt: skip


def published(source: str, **values: str) -> dict[str, Any]:
    """Numbers as they were printed; half a unit of the last digit is how close they are."""
    return {"published": {"source": source, "values": values}}


# Large counts.
add("large", "past-2-24", "16,777,216 true positives in one batch, then a thousand of one row",
    ["recall", "f1", "accuracy"], op="stream", task="binary", classes=2,
    batches=[
        {"y_true": [1], "y_score": {"dtype": "float32", "values": ["0.9"]}, "repeats": [2**24]},
        {"y_true": [1], "y_score": {"dtype": "float32", "values": ["0.1"]}, "repeats": [2**20]},
        {"y_true": [1], "y_score": {"dtype": "float32", "values": ["0.9"]}, "times": 1000},
    ])  # fmt: skip
P53 = 2**53
matrix("large", "past-2-24-matrix", "counts that float32 cannot hold",
       [[2**24 + 1, 2], [3, 2**24 + 5]], [*BINARY, "accuracy", "f1_macro"], ulp=1)  # fmt: skip
matrix("large", "past-2-53", "counts that float64 cannot hold",
       [[P53 + 1, 1], [3, P53 + 3]], [*BINARY, "accuracy"], ulp=2)  # fmt: skip
matrix("large", "products", "the products of MCC and kappa are past 2^63",
       [[4 * 10**9, 10**9], [2 * 10**9, 3 * 10**9]], ["mcc", "kappa", "f1"], ulp=4)  # fmt: skip
matrix("large", "rare", "one hit among 10^12 rows", [[10**12, 10**6], [1, 1]],
       [*BINARY, "mcc", "kappa"], within={"mcc": "1e-12", "kappa": "1e-12"})  # fmt: skip

# MCC and kappa.
matrix("agreement", "plain", "MCC is a root, kappa a fraction", [[3, 1], [2, 4]],
       ["mcc", "kappa"], ulp=2)  # fmt: skip
matrix("agreement", "chance", "independent of the truth: both are 0", [[4, 2], [2, 1]],
       ["mcc", "kappa"])  # fmt: skip
matrix("agreement", "reversed", "all is wrong: both are -1", [[0, 5], [5, 0]], ["mcc", "kappa"])
matrix("agreement", "below-zero", "worse than chance", [[1, 3], [4, 2]], ["mcc", "kappa"], ulp=2)
matrix("agreement", "one-class-predicted", "MCC is 0/0: 0 by convention; kappa is 0",
       [[0, 3], [0, 5]], ["mcc", "kappa"], convention="MCC 0/0 is 0, as scikit-learn has it")  # fmt: skip
matrix("agreement", "one-class", "one class alone on both sides: kappa is 0/0", [[0, 0], [0, 5]],
       ["mcc", "kappa"], convention="MCC 0/0 is 0, kappa 0/0 is nan, as scikit-learn has it")  # fmt: skip
matrix("agreement", "iris", "C4.5 on iris, ten folds, as Weka's users know it", IRIS,
       ["kappa", "precision_weighted", "recall_weighted", "f1_weighted", "f1_per_class"], ulp=2)  # fmt: skip
matrix("agreement", "hpc", "yardstick's hpc_cv, Fold01",
       [[166, 11, 0, 0], [33, 71, 3, 1], [8, 24, 5, 4], [1, 7, 3, 10]],
       ["accuracy", "kappa", "mcc", "f1_macro", "f1_weighted", "precision_macro", "recall_macro"],
       ulp=4, **published(GRID, accuracy="0.726", kappa="0.533", mcc="0.542", f1_macro="0.563",
                          f1_weighted="0.696", precision_macro="0.637", recall_macro="0.548"))  # fmt: skip
matrix("agreement", "two-class", "yardstick's two_class_example, Class1 positive",
       [[192, 50], [31, 227]],
       [*BINARY, "accuracy", "kappa", "mcc", "specificity"], ulp=2,
       **published(GRID, precision="0.8194946", recall="0.879845", f1="0.8485981",
                   accuracy="0.838", kappa="0.675", mcc="0.677", specificity="0.7933884"))  # fmt: skip

# Two macro F1s: the mean of F1s, and F1 of the means of precision and recall.
OPITZ = "Opitz and Burst 2019, arXiv 1911.03347: the gap between the two comes near 1/2"
matrix("macro", "opitz-burst", OPITZ, [[1, 10**6], [0, 1]], ["f1_macro", "f1_of_means"], ulp=2)
matrix("macro", "both", "the two macro F1s of a small matrix", [[6, 0, 1], [3, 9, 1], [1, 0, 10]],
       ["f1_macro", "f1_of_means", *MICRO], ulp=2)  # fmt: skip
matrix("macro", "dong", TAKAHASHI, DONG, ["f1_micro", "f1_macro", "f1_of_means", *MACRO[:2],
       "f1_per_class"], ulp=4, **published(
           TAKAHASHI + ", by the authors' corrected f1Scores.R",
           f1_micro="0.8592760641", f1_macro="0.8050293035", f1_of_means="0.8069167403",
           precision_macro="0.8182175163", recall_macro="0.7959238720"))  # fmt: skip

# Intervals of the multinomial delta method.
for name, rows in (
    ("dong", DONG), ("small", [[6, 0, 1, 2], [3, 9, 1, 1], [1, 0, 10, 2], [1, 2, 1, 12]]),
    ("binary", [[50, 0], [5, 5]]),
):  # fmt: skip
    more: dict[str, Any] = {}
    if name == "dong":
        more = published(
            TAKAHASHI + ", by the authors' corrected f1Scores.R",
            **{"f1_micro.se": "0.0014308087", "f1_macro.se": "0.0019783557",
               "f1_of_means.se": "0.0019557981", "f1_micro.low": "0.8564717306",
               "f1_micro.high": "0.8620803975", "f1_macro.low": "0.8011517976",
               "f1_macro.high": "0.8089068094", "f1_of_means.low": "0.8030834466",
               "f1_of_means.high": "0.8107500341"})  # fmt: skip
    matrix("intervals", name, "95 % intervals of Takahashi et al.: the delta method, multinomial",
           rows, [*["f1"][: len(rows) == 2], "f1_micro", "f1_macro", "f1_of_means"], op="interval", ulp=2,
           options={"level": "0.95"}, **more)  # fmt: skip


# Areas under curves.
def area(name: str, what: str, **fields: Any) -> None:
    want = ["roc_auc", "average_precision"]
    if fields["task"] != "binary":
        want = [f"{w}_{a}" for w in want for a in ("macro", "weighted", "micro", "per_class")]
    add("ranking", name, what, want, op="curve", ulp=fields.pop("ulp", 2), **fields)


area("plain", "no ties", **binary([0, 0, 1, 1], "0.1 0.4 0.35 0.8"))
area("ties", "equal scores are half a pair, and one step of the curve",
     **binary([0, 1, 0, 1, 1], "0.5 0.5 0.5 0.8 0.2"))  # fmt: skip
area("all-equal", "one score for all rows: 1/2, and the base rate",
     **binary([0, 1, 0, 0], "0.3 0.3 0.3 0.3"))  # fmt: skip
area("perfect", "exactly 1", **binary([0, 1, 1], "0.1 0.7 0.9"))
area("reversed", "exactly 0", **binary([1, 1, 0], "0.1 0.3 0.9"))
area("close", "scores that a grid of 200 thresholds does not tell apart",
     **binary([1, 0, 1, 0], "0.5004 0.5003 0.5002 0.5001"))  # fmt: skip
area("extreme", "scores beside 1 that float32's sigmoid could not tell apart",
     **binary([1, 0, 1], "0.99999999 0.99999998 0.99999997"))  # fmt: skip
area("edges", "scores of 0 and of 1", **binary([0, 1, 0, 1], "0 0 1 1"))
area("weights", "weighted, with a tie", sample_weight=["1", "2", "0.5", "0.25"],
     **binary([0, 1, 1, 0], "0.3 0.3 0.9 0.6"))  # fmt: skip
area("classes", "each class against the rest", ulp=3,
     **multiclass(3, [0, 1, 2, 2, 1], "0.5 0.25 0.25; 0.25 0.5 0.25; 0.5 0 0.5; 0.25 0 0.75; 0.5 0.5 0"))  # fmt: skip
area("labels", "each label", ulp=3,
     **multilabel([[1, 0], [0, 1], [1, 1], [0, 0]], "0.9 0.2; 0.9 0.6; 0.4 0.6; 0.1 0.7"))  # fmt: skip


# The best threshold, over all cuts p > t.
def cut(name: str, what: str, **fields: Any) -> None:
    add("best", name, what, ["score", "threshold"], op="best_threshold", **fields)


cut("plain", "two cuts are compared", **binary([0, 1, 0, 1], "0.1 0.2 0.3 0.8"))
cut("ties", "rows of equal scores cannot be parted",
    **binary([0, 1, 1, 0, 0, 1], "0.4 0.4 0.4 0.6 0.6 0.9"))  # fmt: skip
cut("all-equal", "all equal: all positive, F1 = 2 b / (1 + b)",
    **binary([1, 0, 0, 0], "0.25 0.25 0.25 0.25"))  # fmt: skip
cut("float32", "cuts between neighbours of float32",
    **binary([1, 0, 1], "0.1 0.10000001 0.10000002", "float32"))  # fmt: skip
cut("beta-2", "F2 takes a lower cut", options={"beta": "2"},
    **binary([0, 1, 0, 0, 1, 0, 1], "0.1 0.2 0.3 0.5 0.6 0.7 0.9"))  # fmt: skip
cut("low-is-best", "the best cut is below all scores", **binary([1, 1, 0, 1], "0.1 0.2 0.3 0.4"))
SIZE = 32
LEVELS = [f"{(2 * i + 1) / (2 * SIZE)}" for i in range(SIZE)]
CALIBRATED = {
    "sample_weight": [*LEVELS, *(f"{1 - float(p)}" for p in LEVELS)],
    **binary([1] * SIZE + [0] * SIZE, " ".join(LEVELS * 2)),
}
LIPTON = "Lipton, Elkan, Narayanaswamy 2014, arXiv 1402.1892: calibrated scores, best cut F/2"
cut("lipton", LIPTON, ulp=1, **CALIBRATED)
cut("lipton-beta-2", LIPTON + " / (1 + beta^2)", ulp=1, options={"beta": "2"}, **CALIBRATED)


# Calibration.
def calibrated(name: str, what: str, bins: int, want: Any = None, **fields: Any) -> None:
    add("calibration", name, what, want or ["ece", "mce", "brier"], op="calibration",
        options={"bins": bins}, ulp=fields.pop("ulp", 2), **fields)  # fmt: skip


calibrated("plain", "two bins", 2, **binary([0, 1, 0, 1], "0.125 0.375 0.25 0.875"))
calibrated("edge", "a score on the edge is in the bin below: ((m-1)/M, m/M], Guo et al. 2017", 2,
           **binary([0, 1, 1], "0.5 0.25 0.75"))  # fmt: skip
calibrated("ends", "scores of 0 and 1", 4, **binary([0, 1, 1, 0], "0 1 0 1"))
calibrated("empty", "bins without a row count nothing", 8, **binary([1, 0], "0.9375 0.0625"))
calibrated("tenths", "scores that float64 rounds", 10, ulp=4,
           **binary([1, 0, 1, 1], "0.12 0.34 0.56 0.78"))  # fmt: skip
calibrated("weights", "weighted rows", 2, sample_weight=["1", "2", "0.5"],
           **binary([0, 1, 1], "0.25 0.375 0.75"))  # fmt: skip
calibrated("classes", "top-label errors; Brier's sum over classes", 4,
           **multiclass(3, [0, 1, 2], "0.4375 0.3125 0.25; 0.625 0.25 0.125; 0 0.125 0.875"))  # fmt: skip


# Spans.
def spans(
    name: str, what: str, true: Any, pred: Any, op: str = "spans", scheme: Any = None
) -> None:
    options = {"scheme": scheme} if scheme else {}
    want = [f"{r}_{a}" for a in ("micro", "macro", "weighted") for r in BINARY] + ["f1_per_class"]
    sides = {"y_true": true, "y_pred": pred}
    if op == "spans":
        sides = {name: [row.split() for row in rows] for name, rows in sides.items()}
    add("spans", name, what, want, op=op, **sides, options=options, ulp=1)


spans("same", "all is right", ["B-PER I-PER O B-LOC"], ["B-PER I-PER O B-LOC"])
spans("boundary", "one token too short is wrong", ["B-PER I-PER O"], ["B-PER O O"])
spans("type", "another type is wrong for both", ["B-PER I-PER O B-PER"], ["B-LOC I-LOC O B-PER"])
spans("stray-inside", "conlleval: an I after O begins a span", ["B-PER O B-PER"], ["B-PER O I-PER"])
spans("stray-inside-strict", "IOB2: an I after O is no span", ["B-PER O B-PER"], ["B-PER O I-PER"],
      scheme="IOB2")  # fmt: skip
spans("changed-type", "conlleval: an I of another type begins a span",
      ["B-PER I-LOC O"], ["B-PER B-LOC O"])  # fmt: skip
spans("changed-type-strict", "IOB2: an I of another type ends the span and begins none",
      ["B-PER B-LOC O"], ["B-PER I-LOC O"], scheme="IOB2")  # fmt: skip
spans("adjacent", "two spans of a type side by side", ["B-PER B-PER I-PER"], ["B-PER I-PER I-PER"])
spans("sentences", "a span ends with its sentence", ["B-PER", "I-PER O"], ["B-PER", "B-PER O"])
spans("iobes", "IOBES, strict", ["S-PER O B-LOC I-LOC E-LOC"], ["S-PER O B-LOC E-LOC O"],
      scheme="IOBES")  # fmt: skip
spans("iobes-open", "IOBES, strict: a span without its E is none", ["B-LOC E-LOC S-PER"],
      ["B-LOC I-LOC S-PER"], scheme="IOBES")  # fmt: skip
spans("only-predicted", "a type that only the prediction has is averaged over",
      ["B-PER O O"], ["B-PER O B-ORG"])  # fmt: skip
spans("nested", "nested spans are a set; each is right or wrong alone",
      [[["ORG", 0, 4], ["LOC", 2, 4]]], [[["ORG", 0, 4], ["LOC", 2, 3]]], op="span_sets")  # fmt: skip
spans("nested-same", "two types over the same tokens",
      [[["ORG", 0, 2], ["PER", 0, 2]]], [[["ORG", 0, 2]]], op="span_sets")  # fmt: skip
