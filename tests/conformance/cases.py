"""Inputs of the vectors: each the smallest that shows its point."""

# ruff: noqa: E501 - a row holds a whole case

from __future__ import annotations

from typing import Any

from exact import bits_of

Vector = dict[str, Any]
MACRO = ["precision_macro", "recall_macro", "f1_macro"]
MICRO = ["precision_micro", "recall_micro", "f1_micro"]
BINARY = ["precision", "recall", "f1"]
CASES: list[Vector] = []


def add(kind: str, name: str, what: str, want: list[str], **fields: Any) -> None:
    op = fields.pop("op", "score")
    ulp = fields.pop("ulp", 0)
    CASES.append(
        {"id": f"{kind}-{name}", "kind": kind, "what": what, "op": op, **fields,
         "want": want, "ulp": ulp}
    )  # fmt: skip


def scores(text: str, dtype: str = "float64") -> dict[str, Any]:
    """Rows between semicolons, or one row of scores."""
    rows = [row.split() for row in text.split(";")]
    values: Any = rows if len(rows) > 1 else rows[0]
    if dtype not in ("float16", "bfloat16"):
        return {"dtype": dtype, "values": values}
    bits = [[bits_of(v, dtype) for v in row] for row in rows]
    return {"dtype": dtype, "values": values, "bits": bits if len(rows) > 1 else bits[0]}


def binary(y: list[int], p: str, dtype: str = "float64", **more: Any) -> Vector:
    return {"task": "binary", "classes": 2, "y_true": y, "y_score": scores(p, dtype), **more}


def multiclass(size: int, y: list[int], p: str, dtype: str = "float64", **more: Any) -> Vector:
    return {"task": "multiclass", "classes": size, "y_true": y, "y_score": scores(p, dtype), **more}


def multilabel(y: list[list[int]], p: str, dtype: str = "float64", **more: Any) -> Vector:
    rows = {"y_true": y, "y_score": scores(p, dtype)}
    return {"task": "multilabel", "classes": len(y[0]), **rows, **more}


def labels(task: str, size: int, y: Any, pred: Any, **more: Any) -> Vector:
    return {"task": task, "classes": size, "y_true": y, "y_pred": pred, **more}


# Ties: the first of equal maxima is predicted, and no other.
TIE = "0.5 0.5 0; 0.2 0.6 0.2; 0.2 0.2 0.6"
for dtype in ("float64", "float32", "float16", "bfloat16"):
    add("ties", f"two-{dtype}", "two classes tie: the first is predicted",
        ["accuracy", *MACRO, "confusion"], ulp=1, **multiclass(3, [1, 1, 2], TIE, dtype))  # fmt: skip
add("ties", "first-right", "two classes tie, and the first is the true one: all is right",
    ["accuracy", *MICRO, *MACRO], **multiclass(3, [0, 1, 2], TIE))  # fmt: skip
add("ties", "all-equal", "all scores of a row are equal: class 0",
    ["accuracy", "confusion"], **multiclass(4, [0, 3], "0.25 0.25 0.25 0.25; 0.25 0.25 0.25 0.25"))  # fmt: skip
add("ties", "all-zero", "all scores of a row are 0: class 0 even so",
    ["accuracy", *MICRO], **multiclass(3, [0, 1], "0 0 0; 0 1 0"))  # fmt: skip
add("ties", "late", "a tie among the last classes",
    ["accuracy", "confusion"], **multiclass(4, [3, 2], "0 0.1 0.45 0.45; 0 0.1 0.45 0.45"))  # fmt: skip

# The cut: p > threshold, the threshold rounded to the dtype of the scores.
for dtype in ("float64", "float32", "float16", "bfloat16"):
    add("thresholds", f"half-{dtype}", "a score equal to the threshold 0.5 is negative",
        BINARY, **binary([1, 0, 1], "0.5 0.25 0.75", dtype))  # fmt: skip
    add("thresholds", f"tenth-{dtype}", "0.1 as this dtype has it is not above 0.1",
        ["confusion", *BINARY], options={"threshold": "0.1"},
        **binary([0, 1, 0], "0.1 0.2 0.05", dtype))  # fmt: skip
    add("thresholds", f"tenth-labels-{dtype}", "of labels too, one threshold each",
        ["exact_match", *MICRO], options={"threshold": ["0.1", "0.3"]},
        **multilabel([[0, 1], [1, 0]], "0.1 0.4; 0.2 0.3", dtype))  # fmt: skip
for dtype, near in (("float64", "0.30000000000000004"), ("float32", "0.30000004")):
    add("thresholds", f"next-{dtype}", "the number after 0.3 is above 0.3",
        ["confusion", *BINARY], options={"threshold": "0.3"},
        **binary([1, 0, 1], f"{near} 0.3 0.9", dtype))  # fmt: skip
add("thresholds", "zero", "threshold 0: a score of 0 is negative", BINARY,
    options={"threshold": "0"}, **binary([1, 0, 0], "0.001 0 0.5"))  # fmt: skip
add("thresholds", "one", "threshold 1: nothing is above it, and F1 is 0", ["recall", "f1"],
    options={"threshold": "1"}, **binary([1, 0], "1 0.5"))  # fmt: skip
add("thresholds", "low-batch", "probabilities, all below 0.5: nobody takes them for logits",
    BINARY, **binary([1, 1, 0], "0.2 0.4 0.1", "float32"))  # fmt: skip

# Classes that occur neither in truth nor in prediction.
ABSENT = {"y": [0, 1, 1, 2], "p": "0.7 0.2 0.1 0 0; 0.1 0.8 0.1 0 0; 0.6 0.3 0.1 0 0; 0 0 1 0 0"}
ABSENT_ROWS = multiclass(5, ABSENT["y"], ABSENT["p"])
for over in ("present", "all", [0, 2, 4]):
    name = over if isinstance(over, str) else "listed"
    add("absent", name, f"classes 3 and 4 never occur; averages over {over}",
        [*MACRO, *MICRO, "f1_weighted", "jaccard_macro"], ulp=1,
        options={"average_over": over}, **ABSENT_ROWS)  # fmt: skip
add("absent", "middle", "class 1 never occurs, and class 2 does; averages over all",
    MACRO, ulp=1, options={"average_over": "all"},
    **labels("multiclass", 3, [0, 2], [0, 2]))  # fmt: skip
add("absent", "only-predicted", "class 2 is predicted and never true: it is present",
    MACRO, ulp=1, options={"average_over": "present"},
    **labels("multiclass", 4, [0, 0, 1], [0, 2, 1]))  # fmt: skip
add("absent", "only-true", "class 2 is true and never predicted: it is present",
    [*MACRO, "balanced_accuracy"], ulp=1, options={"average_over": "present"},
    **labels("multiclass", 4, [0, 2, 1], [0, 0, 1]))  # fmt: skip
add("absent", "label", "a label that is neither true nor predicted is 0 in the macro average",
    MACRO, ulp=1, **labels("multilabel", 3, [[1, 0, 0], [0, 1, 0]], [[1, 0, 0], [1, 1, 0]]))  # fmt: skip

# 0/0.
for zero in ("0", "1", "nan"):
    more = {"options": {"zero_division": zero, "average_over": "all"}}
    add("zero-division", f"classes-{zero}", "a class that never occurs",
        [*MACRO, "f1_per_class"], ulp=1, **labels("multiclass", 3, [0, 1, 1], [0, 1, 0]), **more)  # fmt: skip
    add("zero-division", f"nothing-{zero}", "no positive, none predicted: all three are 0/0",
        BINARY, **binary([0, 0], "0.1 0.2", options={"zero_division": zero}))  # fmt: skip
    add("zero-division", f"false-alarm-{zero}",
        "a false positive and no positive: recall is 0/0, F1 is 0/1", BINARY,
        **binary([0, 0], "0.9 0.2", options={"zero_division": zero}))  # fmt: skip
    add("zero-division", f"missed-{zero}",
        "a positive and none predicted: precision is 0/0, F1 is 0/1", BINARY,
        **binary([0, 1], "0.1 0.2", options={"zero_division": zero}))  # fmt: skip
    add("zero-division", f"samples-{zero}", "a row without labels on either side",
        ["precision_samples", "recall_samples", "f1_samples"], ulp=1,
        options={"zero_division": zero},
        **labels("multilabel", 2, [[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 0], [1, 0]]))  # fmt: skip
add("zero-division", "perfect", "all is right: exactly 1, no epsilon", [*BINARY, "jaccard"],
    **binary([1, 0, 1], "0.9 0.1 0.8"))  # fmt: skip
add("zero-division", "perfect-multiclass", "all is right: exactly 1, no epsilon",
    [*MACRO, *MICRO], **multiclass(3, [0, 1, 2], "1 0 0; 0 1 0; 0 0 1"))  # fmt: skip

# ignore_index: those rows or cells count nowhere; an ignored class leaves the averages.
add("ignore", "outside", "-100 is no class: its rows are left out",
    ["accuracy", *MICRO, *MACRO], ulp=1, options={"ignore_index": -100, "average_over": "present"},
    **multiclass(3, [0, -100, 2, 1], "0.8 0.1 0.1; 0.1 0.8 0.1; 0.1 0.2 0.7; 0.6 0.3 0.1"))  # fmt: skip
add("ignore", "a-class", "class 0 is ignored: two rows, and it is not averaged over",
    ["f1_macro", "recall_macro"], ulp=1, options={"ignore_index": 0, "average_over": "present"},
    **labels("multiclass", 3, [0, 1, 2, 2, 0], [0, 1, 1, 2, 2]))  # fmt: skip
add("ignore", "predicted", "the ignored class is predicted for a row of another: a miss of that",
    [*MACRO, *MICRO], ulp=1, options={"ignore_index": 0, "average_over": "present"},
    **labels("multiclass", 3, [0, 1, 2, 2], [1, 1, 0, 2]))  # fmt: skip
add("ignore", "perfect", "all that counts is right: macro is 1, whatever the ignored class",
    [*MACRO, *MICRO], options={"ignore_index": 0, "average_over": "present"},
    **labels("multiclass", 3, [0, 1, 2], [1, 1, 2]))  # fmt: skip
add("ignore", "cells", "-1 leaves out one cell, not the row",
    [*MICRO, *MACRO, "f1_samples"], ulp=1, options={"ignore_index": -1},
    **multilabel([[1, -1, 0], [0, 1, 1]], "0.9 0.8 0.1; 0.7 0.6 0.2"))  # fmt: skip
add("ignore", "binary", "-1 leaves out a row of a binary task", BINARY,
    options={"ignore_index": -1}, **binary([1, -1, 0, 1], "0.9 0.9 0.8 0.2"))  # fmt: skip

# The k highest of a row.
TOP = "0.5 0.3 0.2; 0.2 0.3 0.5; 0.1 0.3 0.6; 0.5 0.3 0.2"
add("top-k", "accuracy", "right if the true class is among the two highest", ["accuracy"],
    options={"top_k": 2}, **multiclass(3, [0, 1, 2, 2], TOP))  # fmt: skip
add("top-k", "two", "each row predicts two classes: precision@2 and recall@2",
    [*MICRO, *MACRO], ulp=1, options={"top_k": 2}, **multiclass(3, [0, 1, 2, 2], TOP))  # fmt: skip
add("top-k", "tie", "a tie for the second place: the first of the equal classes has it",
    ["accuracy", "recall_micro"], options={"top_k": 2},
    **multiclass(4, [2, 1], "0.6 0.2 0.2 0; 0.6 0.2 0.2 0"))  # fmt: skip
add("top-k", "labels", "precision@2 and recall@2 of labels",
    [*MICRO, "precision_samples", "recall_samples"], options={"top_k": 2},
    **multilabel([[1, 0, 1, 0], [0, 1, 0, 0]], "0.9 0.8 0.1 0.2; 0.3 0.2 0.1 0"))  # fmt: skip
add("top-k", "labels-tie", "a tie for the last place goes to the first label", MICRO,
    options={"top_k": 1}, **multilabel([[1, 0], [0, 1]], "0.5 0.5; 0.5 0.5"))  # fmt: skip

# Half precision: scores may be coarse, counts may not.
add("half", "tie-bfloat16", "0.501 and 0.502 are both 0.5 as bfloat16: a tie",
    ["accuracy"], **multiclass(2, [1, 0], "0.501 0.502; 0.501 0.502", "bfloat16"))  # fmt: skip
add("half", "no-tie-float16", "0.501 and 0.502 differ as float16",
    ["accuracy"], **multiclass(2, [1, 0], "0.501 0.502; 0.501 0.502", "float16"))  # fmt: skip
for dtype, many in (("float16", 4097), ("bfloat16", 513)):
    add("half", f"many-{dtype}", f"{many} rows are more than {dtype} counts one by one",
        ["accuracy", *BINARY], repeats=[many, 1, 1],
        **binary([1, 1, 0], "0.75 0.25 0.75", dtype))  # fmt: skip

# Weights: sums of float64, so that dyadic weights are exact.
add("weights", "dyadic", "weights of quarters: the sums are exact",
    [*BINARY, "accuracy", "jaccard", "specificity"], sample_weight=["0.25", "2", "0.5", "1.75"],
    **binary([1, 1, 0, 0], "0.9 0.2 0.8 0.1"))  # fmt: skip
add("weights", "tenths", "weights that float64 rounds; the fraction is of the rounded ones",
    BINARY, ulp=1, sample_weight=["0.1", "0.2", "0.3"], **binary([1, 1, 0], "0.9 0.8 0.7"))  # fmt: skip
add("weights", "multiclass", "support is a sum of weights", [*MACRO, "f1_weighted", "accuracy"],
    ulp=1, sample_weight=["1", "2", "0.5", "4"],
    **multiclass(3, [0, 1, 2, 1], "0.8 0.1 0.1; 0.1 0.8 0.1; 0.6 0.3 0.1; 0.1 0.1 0.8"))  # fmt: skip
add("weights", "zero", "a row of weight 0 counts nowhere", [*BINARY, "accuracy"],
    sample_weight=["1", "0", "1"], **binary([1, 0, 0], "0.9 0.9 0.1"))  # fmt: skip
add("weights", "samples", "the mean over rows is weighted", ["f1_samples", "recall_samples"],
    ulp=1, sample_weight=["1", "3"],
    **labels("multilabel", 2, [[1, 1], [1, 0]], [[1, 0], [0, 1]]))  # fmt: skip

TINY = "0.000000059604644775390625"  # 2^-24
add("weights", "tiny", "weights of 2^-24 each: the ratios are those of whole rows",
    [*BINARY, "accuracy"], sample_weight=[TINY] * 4, **binary([1, 1, 0, 0], "0.9 0.2 0.8 0.1"))  # fmt: skip

# Logits: nothing is guessed from their range.
for name, p in (("inside", "0.2 0.4 -0.3"), ("in-unit-interval", "0.2 0.4 0.9")):
    add("logits", name, "a logit above 0 is a probability above 1/2, whatever else is in the batch",
        ["recall", "precision", "f1"], options={"from_logits": True},
        **binary([1, 1, 0], p, "float32"))  # fmt: skip

# Multilabel, each average.
ROWS = labels("multilabel", 3, [[1, 1, 0], [0, 1, 1], [1, 0, 0]], [[1, 0, 0], [0, 1, 1], [1, 0, 1]])
RATIOS = ("precision", "recall", "f1", "jaccard")
AVERAGES = ("micro", "macro", "weighted", "samples")
add("multilabel", "averages", "each ratio, each average",
    [f"{r}_{a}" for a in AVERAGES for r in RATIOS] + ["exact_match", "hamming_loss"], ulp=1, **ROWS)  # fmt: skip
add("multilabel", "fbeta", "F2 of labels", ["fbeta_micro", "fbeta_macro", "fbeta_samples"], ulp=1,
    options={"beta": "2"}, **ROWS)  # fmt: skip
add("multiclass", "averages", "each ratio, each average",
    [f"{r}_{a}" for a in AVERAGES[:3] for r in (*RATIOS, "specificity")] + ["hamming_loss"], ulp=1,
    options={"average_over": "present"},
    **labels("multiclass", 3, [0, 1, 2, 2, 1, 0], [0, 2, 2, 1, 1, 0]))  # fmt: skip
for beta in ("0.5", "2"):
    add("binary", f"fbeta-{beta}", f"F{beta}: one fraction, one division", ["fbeta"],
        options={"beta": beta}, **binary([1, 1, 1, 0, 0], "0.9 0.8 0.2 0.7 0.1"))  # fmt: skip
add("binary", "ratios", "each ratio of the positive class",
    [*BINARY, "jaccard", "specificity", "accuracy", "balanced_accuracy"], ulp=1,
    **binary([1, 1, 1, 0, 0, 0, 0], "0.9 0.8 0.2 0.7 0.1 0.3 0.4"))  # fmt: skip
