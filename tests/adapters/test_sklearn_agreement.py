"""scikit-learn's functions and ours on the same input: the same values, types, warnings, errors."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import sparse

sklearn = pytest.importorskip("sklearn", minversion="1.9")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

import sklearn.metrics as theirs  # noqa: E402

from f1core.adapters import sklearn as ours  # noqa: E402

pytestmark = pytest.mark.usefixtures("engine")

ZERO_DIVISIONS = st.sampled_from(["warn", "warn", "warn", 0, 1, 0.0, 1.0, math.nan])
AVERAGES = [None, "micro", "macro", "weighted"]


def outcome(call: Any) -> tuple[str, Any, list[tuple[type, str]]]:
    """What a call comes to: its value or its error, and its warnings."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            kind, value = "value", call()
        except (ValueError, TypeError) as error:
            kind, value = "error", error
    told = [(w.category, str(w.message)) for w in seen if w.category is not RuntimeWarning]
    return kind, value, told


def assert_same(name: str, *args: Any, **options: Any) -> None:
    kind, value, told = outcome(lambda: getattr(theirs, name)(*args, **options))
    our_kind, our_value, our_told = outcome(lambda: getattr(ours, name)(*args, **options))
    assert (our_kind, str(our_value) if our_kind == "error" else "") == (
        kind, str(value) if kind == "error" else "",
    )  # fmt: skip
    if kind == "error":
        assert type(our_value) is type(value)
    else:
        assert_equal(our_value, value)
        assert our_told == told


def assert_equal(our: Any, their: Any) -> None:
    if isinstance(their, (tuple, list)):
        assert len(our) == len(their)
        for one, other in zip(our, their, strict=True):
            assert_equal(one, other)
    elif isinstance(their, dict):
        assert list(our) == list(their)
        for key, value in their.items():
            assert_equal(our[key], value)
    elif isinstance(their, np.ndarray):
        assert type(our) is np.ndarray
        assert our.dtype == their.dtype
        np.testing.assert_allclose(our, their, rtol=1e-12, atol=1e-12)
    elif isinstance(their, float):
        assert isinstance(our, float)
        assert our == pytest.approx(float(their), rel=1e-9, abs=1e-12, nan_ok=True)
    else:
        assert our == their


# ---- one label a row ---------------------------------------------------------------------

VOCABULARIES = {
    "two": ([0, 1], [np.int64, np.int8, np.uint8, np.bool_, np.float64, ">i4"]),
    "signs": ([-1, 1], [np.int64, np.int8, np.float32, ">i2"]),
    "few": ([0, 1, 2, 3, 5], [np.int64, np.int32, np.uint16, np.float32, np.uint64]),
    "around zero": ([-3, -1, 0, 2], [np.int64, np.int8, np.float64]),
    "many": ([0, 3, 64, 127, 128, 200], [np.int64, np.uint8, np.float64]),
    "far apart": ([-(10**12), 7, 10**12], [np.int64, np.float64]),
    "names": (["", "a", "ä", "spam", "eggs and ham"], ["U", object]),
}

FORMS = {
    "array": lambda y: y,
    "list": lambda y: y.tolist(),
    "tuple": lambda y: tuple(y.tolist()),
    "column": lambda y: y.reshape(-1, 1),
    "strided": lambda y: np.repeat(y, 2)[::2],
    "pandas": lambda y: pd.Series(y if y.dtype.isnative else y.astype(y.dtype.newbyteorder("="))),
    "polars": lambda y: pl.Series(y.tolist()),
}


def generators() -> st.SearchStrategy[np.random.Generator]:
    """Problems come from a seed, evenly: drawn bit by bit, most of them would be all but empty."""
    return st.integers(0, 10**9).map(np.random.default_rng)


def picked(rng: np.random.Generator, choices: Any) -> Any:
    return list(choices)[rng.integers(len(choices))]


@st.composite
def labels(draw: Any) -> dict[str, Any]:
    """Truth and prediction, from one vocabulary, in any dtype and form."""
    rng = draw(generators())
    values, dtypes = VOCABULARIES[picked(rng, VOCABULARIES)]
    used = rng.permutation(values)[: rng.integers(1, len(values) + 1)].tolist()
    n = int(rng.integers(1, 20))
    sides = []
    for _ in range(2):
        drawn = [picked(rng, used) for _ in range(n)]
        sides.append(FORMS[picked(rng, FORMS)](np.array(drawn, picked(rng, dtypes))))
    return {"y": sides, "values": values, "n": n}


@st.composite
def weights(draw: Any, n: int, *but: str) -> Any:
    kinds = ["none", "none", "float", "float32", "int", "list"]
    kind = draw(st.sampled_from([kind for kind in kinds if kind not in but]))
    if kind == "none":
        return None
    whole = draw(generators()).integers(0, 5, n)
    if kind == "list":
        return whole.tolist()
    return whole if kind == "int" else whole.astype(kind) / 8


def some_labels(problem: dict[str, Any]) -> st.SearchStrategy[Any]:
    """labels=: some that occur, some that do not, in any order."""
    unseen = "unseen" if isinstance(problem["values"][0], str) else 99
    chosen = st.lists(
        st.sampled_from([*problem["values"], unseen]), min_size=1, max_size=4, unique=True
    )
    return st.none() | chosen | chosen.map(np.array)


RATIOS = ["precision_score", "recall_score", "f1_score", "fbeta_score", "jaccard_score"]


@given(st.data())
def test_ratios_of_labels(data: Any) -> None:
    problem = data.draw(labels())
    name = data.draw(st.sampled_from(RATIOS))
    options = {
        "average": data.draw(st.sampled_from([*AVERAGES, "binary", "samples"])),
        "labels": data.draw(some_labels(problem)),
        "pos_label": data.draw(st.sampled_from([1, *problem["values"], None])),
        "zero_division": data.draw(ZERO_DIVISIONS),
        "sample_weight": data.draw(weights(problem["n"])),
    }
    if name == "fbeta_score":
        options["beta"] = data.draw(st.sampled_from([0, 0.5, 1, 2.0, math.inf]))
    assume(options["pos_label"] is not None or options["average"] != "binary")
    assert_same(name, *problem["y"], **options)


@given(st.data())
def test_all_ratios_at_once(data: Any) -> None:
    problem = data.draw(labels())
    assert_same(
        "precision_recall_fscore_support",
        *problem["y"],
        beta=data.draw(st.sampled_from([0, 0.5, 1.0, math.inf])),
        labels=data.draw(some_labels(problem)),
        average=data.draw(st.sampled_from(AVERAGES)),
        warn_for=data.draw(st.sampled_from([("precision", "f-score"), ["recall"], set()])),
        zero_division=data.draw(ZERO_DIVISIONS),
        sample_weight=data.draw(weights(problem["n"])),
    )


@given(st.data())
def test_confusion_of_labels(data: Any) -> None:
    problem = data.draw(labels())
    assert_same(
        "confusion_matrix",
        *problem["y"],
        labels=data.draw(some_labels(problem)),
        sample_weight=data.draw(weights(problem["n"])),
        normalize=data.draw(st.sampled_from([None, "true", "pred", "all"])),
    )


@given(st.data())
def test_each_label_against_the_rest(data: Any) -> None:
    problem = data.draw(labels())
    assert_same(
        "multilabel_confusion_matrix",
        *problem["y"],
        labels=data.draw(some_labels(problem)),
        sample_weight=data.draw(weights(problem["n"])),
        samplewise=data.draw(st.sampled_from([False, False, True])),
    )


@given(st.data())
def test_single_numbers_of_labels(data: Any) -> None:
    problem = data.draw(labels())
    name, options = data.draw(
        st.sampled_from(
            [
                ("accuracy_score", {}),
                ("accuracy_score", {"normalize": False}),
                ("balanced_accuracy_score", {}),
                ("balanced_accuracy_score", {"adjusted": True}),
                ("cohen_kappa_score", {}),
                ("cohen_kappa_score", {"weights": "linear"}),
                ("cohen_kappa_score", {"weights": "quadratic", "replace_undefined_by": 0.0}),
                ("hamming_loss", {}),
                ("matthews_corrcoef", {}),
                ("zero_one_loss", {}),
                ("zero_one_loss", {"normalize": False}),
            ]
        )
    )
    if name == "cohen_kappa_score":
        options = options | {"labels": data.draw(some_labels(problem))}
    assert_same(name, *problem["y"], sample_weight=data.draw(weights(problem["n"])), **options)


@given(st.data())
def test_report_of_labels(data: Any) -> None:
    problem = data.draw(labels())
    chosen = data.draw(some_labels(problem))
    assert_same(
        "classification_report",
        *problem["y"],
        labels=chosen,
        target_names=data.draw(st.none() | st.just(["one", "a longer name", "three"])),
        sample_weight=data.draw(weights(problem["n"])),
        digits=data.draw(st.sampled_from([0, 2, 5])),
        output_dict=data.draw(st.booleans()),
        zero_division=data.draw(ZERO_DIVISIONS),
    )


# ---- any number of labels a row ----------------------------------------------------------

INDICATORS = {
    "int64": np.asarray,
    "uint8": lambda y: y.astype(np.uint8),
    "int8": lambda y: y.astype(np.int8),
    "bool": lambda y: y.astype(bool),
    "float32": lambda y: y.astype(np.float32),
    "Fortran": np.asfortranarray,
    "list": lambda y: y.tolist(),
    "pandas": pd.DataFrame,
    "csr": sparse.csr_array,
    "csc": sparse.csc_matrix,
    "lil": sparse.lil_array,
    "signs": lambda y: 2 * y - 1,  # an indicator to scikit-learn, with a 1 in every cell
}


@st.composite
def indicators(draw: Any, *but: str) -> dict[str, Any]:
    """Truth and prediction of several labels, in any dtype and form."""
    rng = draw(generators())
    n, width = int(rng.integers(1, 20)), int(rng.integers(2, 40))
    true = (rng.random((n, width)) < picked(rng, [0.0, 0.1, 0.5, 1.0])).astype(np.int64)
    pred = np.where(rng.random(true.shape) < picked(rng, [0.5, 0.8, 1.0]), true, 1 - true)
    forms = [form for form in INDICATORS if form not in but]
    form = picked(rng, forms)
    other = form if form == "signs" else picked(rng, [f for f in forms if f != "signs"])
    return {"y": (INDICATORS[form](true), INDICATORS[other](pred)), "n": n, "width": width}


def some_columns(problem: dict[str, Any]) -> st.SearchStrategy[Any]:
    column = st.integers(0, problem["width"] - 1)
    return st.none() | st.lists(column, min_size=1, max_size=4)


@given(st.data())
def test_ratios_of_indicators(data: Any) -> None:
    problem = data.draw(indicators())
    name = data.draw(st.sampled_from(RATIOS))
    options = {
        "average": data.draw(st.sampled_from([*AVERAGES, "samples", "samples"])),
        "labels": data.draw(some_columns(problem)),
        "zero_division": data.draw(ZERO_DIVISIONS),
        "sample_weight": data.draw(weights(problem["n"], "int", "list")),
    }
    if name == "fbeta_score":
        options["beta"] = data.draw(st.sampled_from([0, 0.5, 1, math.inf]))
    assert_same(name, *problem["y"], **options)


@given(st.data())
def test_cells_of_indicators(data: Any) -> None:
    problem = data.draw(indicators())
    assert_same(
        "multilabel_confusion_matrix",
        *problem["y"],
        labels=data.draw(some_columns(problem)),
        sample_weight=data.draw(weights(problem["n"], "int", "list")),
        samplewise=data.draw(st.booleans()),
    )


@given(st.data())
def test_single_numbers_of_indicators(data: Any) -> None:
    problem = data.draw(indicators())
    name = data.draw(
        st.sampled_from(
            [
                "accuracy_score", "zero_one_loss", "hamming_loss", "matthews_corrcoef",
                "confusion_matrix", "balanced_accuracy_score", "cohen_kappa_score",
            ]
        )
    )  # fmt: skip
    assert_same(name, *problem["y"], sample_weight=data.draw(weights(problem["n"], "int", "list")))


@given(st.data())
def test_report_of_indicators(data: Any) -> None:
    problem = data.draw(indicators("signs"))  # scikit-learn refuses half-way
    assert_same(
        "classification_report",
        *problem["y"],
        labels=data.draw(some_columns(problem)),
        sample_weight=data.draw(weights(problem["n"], "int", "list")),
        output_dict=data.draw(st.booleans()),
        zero_division=data.draw(ZERO_DIVISIONS),
    )
