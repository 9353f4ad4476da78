"""What the drop-ins promise beyond values: signatures, errors, warnings, odd input, one count."""

from __future__ import annotations

import inspect
import math
import warnings
from typing import Any

import numpy as np
import pytest
from scipy import sparse

sklearn = pytest.importorskip("sklearn", minversion="1.9")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

import sklearn.metrics as theirs  # noqa: E402
from sklearn.exceptions import UndefinedMetricWarning  # noqa: E402

from f1core import F1Error  # noqa: E402
from f1core import count as counting  # noqa: E402
from f1core.adapters import sklearn as ours  # noqa: E402

NAMES = [name for name in ours.__all__ if name not in ("TunedClassifier", "scorer")]  # ours alone
RNG = np.random.default_rng(0)


def error_of(module: Any, name: str, *args: Any, **options: Any) -> Exception:
    """What a function raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = getattr(module, name)(*args, **options)
        except (ValueError, TypeError) as error:
            return error
    pytest.fail(f"{name} came to {value!r}")


# ---- signatures --------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_theirs(name):
    def described(function):
        return [
            (p.name, p.kind, repr(p.default))
            for p in inspect.signature(function).parameters.values()
        ]

    assert described(getattr(ours, name)) == described(getattr(theirs, name))


@pytest.mark.parametrize("name", NAMES)
def test_the_module_offers_the_function_under_its_name(name):
    assert getattr(ours, name).__name__ == name


# ---- errors ------------------------------------------------------------------------------

BAD_TARGETS = {
    "lengths": ([0, 1], [0, 1, 1]),
    "empty": ([], []),
    "empty arrays": (np.array([]), np.array([])),
    "a number": (1, 1),
    "nothing": (None, [1]),
    "a string": ("abc", "abc"),
    "fractions": ([0.5, 1], [0.2, 1]),
    "one side fractions": ([0, 1], [0.2, 1]),
    "NaN": ([0, math.nan], [0.0, 1]),
    "infinity": ([math.inf, 1.0], [1.0, 1.0]),
    "strings and numbers": (["a", "b"], [0, 1]),
    "objects": (np.array([0, 1], object), np.array([0, 1], object)),
    "missing names": (np.array(["a", None], object), np.array(["a", "b"], object)),
    "bytes": (np.array([b"a", b"b"]), np.array([b"a", b"b"])),
    "ragged": ([[1, 2], [1]], [[1, 2], [1]]),
    "sequences": ([(1, 2), (0, 2, 3)], [(2,), (0, 2)]),
    "three dimensions": (np.zeros((2, 2, 2)), np.zeros((2, 2, 2))),
    "several outputs": ([[0, 2], [1, 3]], [[0, 2], [1, 3]]),
    "labels and indicator": ([0, 1], [[0, 1], [1, 0]]),
    "widths": (np.zeros((2, 2)), np.zeros((2, 3))),
    "an indicator of fractions": (np.eye(2), np.eye(2) * 0.3),
    "a matrix": (np.matrix([0, 1]), np.matrix([0, 1])),
    "complex numbers": ([1j, 1.0], [1.0, 1.0]),
    "a sparse column": (sparse.csr_array([[1], [0]]), sparse.csr_array([[1], [0]])),
}


@pytest.mark.parametrize("name", ["f1_score", "confusion_matrix", "accuracy_score"])
@pytest.mark.parametrize("bad", BAD_TARGETS)
def test_bad_targets_raise_what_theirs_raise(name, bad):
    options = {"average": "macro"} if name == "f1_score" else {}
    their, our = (error_of(m, name, *BAD_TARGETS[bad], **options) for m in (theirs, ours))
    assert type(our) is type(their)
    if name != "confusion_matrix":  # which looks at arrays twice, and words it in two ways
        assert str(our) == str(their)


BAD_OPTIONS = {
    "average": ("f1_score", {"average": "foo"}),
    "average of numbers": ("f1_score", {"average": 1}),
    "zero_division": ("f1_score", {"zero_division": 0.5}),
    "zero_division of jaccard": ("jaccard_score", {"zero_division": math.nan}),
    "beta": ("fbeta_score", {"beta": -1}),
    "pos_label": ("f1_score", {"pos_label": 7}),
    "pos_label of another kind": ("f1_score", {"pos_label": "a"}),
    "labels": ("f1_score", {"labels": 3}),
    "no labels": ("confusion_matrix", {"labels": []}),
    "labels unseen": ("confusion_matrix", {"labels": [5, 6]}),
    "labels of another kind": ("confusion_matrix", {"labels": ["a"]}),
    "kappa of labels unseen": ("cohen_kappa_score", {"labels": [5, 6]}),
    "normalize": ("confusion_matrix", {"normalize": "rows"}),
    "normalize by number": ("accuracy_score", {"normalize": 1}),
    "weights": ("cohen_kappa_score", {"weights": "cubic"}),
    "replacement": ("cohen_kappa_score", {"replace_undefined_by": 2.0}),
    "samples": ("f1_score", {"average": "samples"}),
    "samplewise": ("multilabel_confusion_matrix", {"samplewise": True}),
    "digits": ("classification_report", {"digits": -1}),
    "names": ("classification_report", {"target_names": ["a"]}),
    "sample_weight of NaN": ("f1_score", {"sample_weight": [math.nan, 1, 1]}),
    "sample_weight of zeros": ("accuracy_score", {"sample_weight": np.zeros(3)}),
    "sample_weight too short": ("accuracy_score", {"sample_weight": [1, 1]}),
    "sample_weight of rows": ("accuracy_score", {"sample_weight": np.ones((3, 1))}),
    "sample_weight as number": ("accuracy_score", {"sample_weight": 1.0}),
}


@pytest.mark.parametrize("bad", BAD_OPTIONS)
def test_bad_options_raise_what_theirs_raise(bad):
    name, options = BAD_OPTIONS[bad]
    their, our = (error_of(m, name, [0, 1, 1], [0, 1, 0], **options) for m in (theirs, ours))
    assert type(our) is type(their)
    assert str(our) == str(their)


@pytest.mark.parametrize("y", [[0, 1, 2], np.eye(3, dtype=int)])
def test_a_binary_average_of_many_classes_names_the_others(y):
    their, our = (error_of(m, "f1_score", y, y) for m in (theirs, ours))
    assert str(our) == str(their)


def test_unhashable_labels_are_refused():
    assert type(error_of(ours, "f1_score", *[np.array([{}, {}], object)] * 2)) is ValueError


@pytest.mark.parametrize("name", ["confusion_matrix", "matthews_corrcoef", "cohen_kappa_score"])
def test_an_indicator_is_no_label(name):
    y = np.eye(3, dtype=int)
    their, our = (error_of(m, name, y, y) for m in (theirs, ours))
    assert str(our) == str(their)


@pytest.mark.parametrize("column", [-1, 3])
def test_a_column_outside_the_indicator_is_refused(column):
    y = np.eye(3, dtype=int)
    options = {"labels": [column], "average": None}
    their, our = (error_of(m, "f1_score", y, y, **options) for m in (theirs, ours))
    assert str(our) == str(their)


# ---- warnings ----------------------------------------------------------------------------


def test_a_warning_names_the_callers_line():
    with pytest.warns(UndefinedMetricWarning) as seen:
        ours.precision_score([0, 1], [0, 0])
    assert seen[0].filename == __file__


@pytest.mark.parametrize(
    "ignored",
    [
        {"category": UndefinedMetricWarning},
        {"module": "sklearn"},
        {"module": "sklearn.metrics._classification"},
        {"message": "Precision is ill-defined"},
    ],
)
def test_filters_written_for_scikit_learn_still_filter(ignored):
    for module in (theirs, ours):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            warnings.filterwarnings("ignore", **ignored)
            module.precision_score([0, 1], [0, 0])
        assert not seen


def test_a_warning_may_be_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UndefinedMetricWarning)
        with pytest.raises(UndefinedMetricWarning):
            ours.precision_score([0, 1], [0, 0])


# ---- odd input that is fine --------------------------------------------------------------

ODD = {
    "beyond int64": (np.array([2**63, 1, 1], np.uint64), np.array([2**63, 1, 2**63], np.uint64)),
    "dates": (np.array(["2020-01-01", "2021-01-01"], "M8[D]"),) * 2,
    "a class the sample misses": (np.arange(5000) // 4999 * 100, np.zeros(5000, np.int64)),
    "a class below the sample": (np.arange(5000) // 4999 * -100, np.zeros(5000, np.int64)),
    "mixed integers": (np.array([1, 2, 3], np.uint64), np.array([1, -2, 3], np.int64)),
    "booleans and integers": (np.array([True, False, True]), np.array([2, 0, 1])),
    "booleans and booleans as integers": (np.array([True, False, True]), np.array([1, 0, 0])),
    "integers and floats": (np.array([0, 1, 2]), np.array([0.0, 1.0, 3.0])),
    "float16": (np.array([0, 1, 2], np.float16), np.array([0, 2, 2], np.float16)),
    "names of other widths": (np.array(["a", "bb"]), np.array(["a", "ccccc"])),
    "np.str_ in lists": ([np.str_("a"), "b"], ["a", "a"]),
    "strings and objects": (np.array(["a", "b"]), np.array(["a", "a"], object)),
    "more names than the table holds": (
        np.array([f"name {i % 200}" for i in range(1000)]),
        np.array([f"name {i % 211}" for i in range(1000)]),
    ),
    "names late in the array": (
        np.array(["early"] * 20_000 + ["late"]), np.array(["early"] * 20_001),
    ),
    "names out of order": (
        np.array(["z", "b", "y", "a", "x", "c", "ä", "Z"]),
        np.array(["a", "b", "y", "z", "x", "c", "Z", "ä"]),
    ),
    "long names": (np.array(["x" * 300, "y" * 301]), np.array(["x" * 300, "x" * 301])),
    "names in big-endian": (np.array(["a", "b"], ">U1"), np.array(["a", "a"], ">U1")),
    "names with umlauts and 𝔣": (np.array(["ä", "𝔣", "ß"]), np.array(["ä", "ß", "ß"])),
    "pandas strings": (pd.Series(["a", "b", "a"], dtype="string"), pd.Series(["a", "b", "b"])),
    "pandas categories": (pd.Series(["a", "b"], dtype="category"), pd.Series(["a", "a"])),
    "pandas nullable": (pd.Series([1, 0, 1], dtype="Int64"), pd.Series([1, 1, 1], dtype="Int64")),
    "polars": (pl.Series([1, 0, 1]), pl.Series([1, 1, 1])),
    "polars strings": (pl.Series(["a", "b"]), pl.Series(["a", "a"])),
    "one row": ([1], [1]),
    "1,100 classes": (np.arange(2200) % 1100, np.arange(2200) % 1099),
    "classes far apart": (np.arange(30) * 10**9, np.arange(30)[::-1] * 10**9),
}  # fmt: skip


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("odd", ODD)
def test_odd_labels_are_counted_as_theirs(odd):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y_true, y_pred = ODD[odd]
        for name in ("confusion_matrix", "multilabel_confusion_matrix"):
            our, their = (getattr(m, name)(y_true, y_pred) for m in (ours, theirs))
            np.testing.assert_array_equal(our, their)
            assert our.dtype == their.dtype
        assert ours.classification_report(y_true, y_pred) == theirs.classification_report(
            y_true, y_pred
        )


def test_a_memory_mapped_array_is_an_array(tmp_path):
    y = np.memmap(tmp_path / "y", np.int64, "w+", shape=10)
    y[:] = np.arange(10) % 3
    assert ours.accuracy_score(y, y) == 1.0


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("width", [2, 15, 16, 17, 128, 129, 300])
@pytest.mark.parametrize("rows", [1, 17, 34, 1000])
def test_rows_folded_into_wide_ones_are_counted_once(width, rows):
    true, pred = RNG.random((2, rows, width)) < 0.5
    our, their = (m.multilabel_confusion_matrix(true, pred) for m in (ours, theirs))
    np.testing.assert_array_equal(our, their)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int64, np.float32])
def test_something_else_than_0_and_1_is_no_indicator(dtype):
    y = np.zeros((5, 3), dtype)
    y[1], y[3, 2] = 1, 2
    with pytest.raises(ValueError, match="multiclass-multioutput"):
        ours.f1_score(y, np.minimum(y, 1), average="macro")
    with pytest.raises(ValueError, match="multiclass-multioutput"):
        ours.f1_score(y, np.minimum(y, 1), labels=[0], average="macro")


def test_a_wide_sparse_indicator_is_never_filled():
    at = np.arange(2000), np.arange(2000) * 499
    rows = sparse.csr_array((np.ones(2000, np.int8), at), shape=(2000, 10**6))
    assert ours.f1_score(rows, rows, average="micro") == 1.0
    assert ours.accuracy_score(rows, rows) == 1.0


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("weight", [None, [1.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
@pytest.mark.parametrize("empty", [False, True])
def test_a_row_without_labels_or_weight_is_told(make, weight, empty):
    true = np.array([[1, 0], [0, 1], [1, 1]])
    pred = true * np.array([[1 - empty], [1], [1]])
    told = []
    for module in (theirs, ours):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            module.precision_recall_fscore_support(
                make(true), make(pred), average="samples", sample_weight=weight
            )
        told.append([str(warning.message) for warning in seen])
    assert told[0] == told[1]
    assert bool(told[1]) == (empty or weight == [1.0, 0.0, 1.0])


@pytest.mark.parametrize("values", [(-1, 1), (0, 2), (3, 5)])
@pytest.mark.parametrize("weight", [None, np.array([0.5, 1.0, 2.0])])
def test_an_indicator_of_other_values_differs_where_values_do(values, weight):
    true, pred = (np.take(values, RNG.random((3, 4)) < 0.5) for _ in range(2))
    for name in ("hamming_loss", "accuracy_score", "zero_one_loss"):
        our, their = (getattr(m, name)(true, pred, sample_weight=weight) for m in (ours, theirs))
        assert our == pytest.approx(float(their))


def test_an_explicit_zero_is_no_label():
    y = sparse.csr_array((np.array([0, 1]), ([0, 1], [0, 1])), shape=(2, 2))
    assert ours.multilabel_confusion_matrix(y, y)[:, 1, 1].tolist() == [0, 1]


def test_whole_weights_stay_whole_and_wrap_as_theirs():
    for weight in (2**40, np.iinfo(np.int64).max):
        weights = np.full(3, weight)
        our, their = (
            m.confusion_matrix([0, 1, 1], [0, 1, 1], sample_weight=weights) for m in (ours, theirs)
        )
        assert our.dtype == their.dtype == np.int64
        np.testing.assert_array_equal(our, their)


# ---- work --------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [np.arange(100) % 7, np.eye(5, dtype=int)])
def test_a_report_counts_once(monkeypatch, y):
    counted = []
    count = counting.count
    monkeypatch.setattr(counting, "count", lambda *args: counted.append(1) or count(*args))
    ours.classification_report(y, y)
    assert counted == [1]


def test_plain_labels_are_never_sorted(monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("np.unique was called")

    monkeypatch.setattr(np, "unique", refuse)
    y = np.arange(100) % 7
    assert ours.f1_score(y, y, average="macro") == 1.0
    assert ours.f1_score(y - 3, y - 3, average="macro") == 1.0
    assert ours.f1_score(y.reshape(-1, 1), y.tolist(), average="macro") == 1.0
    assert ours.f1_score(np.eye(5, dtype=int), np.eye(5, dtype=int), average="macro") == 1.0


STRINGS = ["cat", "dog", "dog"]


def test_strings_of_any_array_are_read():
    pa = pytest.importorskip("pyarrow")
    views = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 1]), pa.array(["cat", "dog"], getattr(pa, "string_view", pa.large_string)())
    )
    runs = pa.RunEndEncodedArray.from_arrays([1, 3], ["cat", "dog"])
    held = [views, runs, pa.array(STRINGS), pa.chunked_array([STRINGS])]
    if hasattr(np.dtypes, "StringDType"):
        held.append(np.array(STRINGS, dtype=np.dtypes.StringDType()))
    for labels in held:
        assert ours.f1_score(labels, STRINGS, average="macro") == 1.0
        assert ours.confusion_matrix(STRINGS, labels).tolist() == [[1, 0], [0, 2]]


@pytest.mark.parametrize(
    "labels", [["cat", float("nan"), "dog"], ["cat", None, "dog"], [1, "1", "a"]]
)
def test_lists_of_which_numpy_would_make_text_are_refused(labels):
    for pair, name in (((labels, STRINGS), "y_true"), ((STRINGS, labels), "y_pred")):
        with pytest.raises(F1Error, match=f"{name} .* at row 1"):
            ours.f1_score(*pair, average="macro")


def test_a_class_that_only_late_rows_show_is_counted():
    y = np.random.default_rng(0).integers(0, 5, 70_000)
    p = np.where(np.arange(len(y)) % 3 == 0, y, 0)
    y[-1], p[-2] = 9, 11
    assert ours.f1_score(y, p, average="macro") == theirs.f1_score(y, p, average="macro")
    np.testing.assert_array_equal(ours.confusion_matrix(y, p), theirs.confusion_matrix(y, p))


@pytest.mark.parametrize("beta", [np.inf, np.float64(np.inf), 1e200])
@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted", "binary"])
def test_a_beta_of_any_size_divides_without_a_warning(beta, average):
    flags = np.array([[0, 1], [0, 0]]), np.array([[0, 0], [0, 1]])
    pairs = [([0, 0, 0], [0, 1, 1]), ([0, 0], [0, 0])]
    pairs += [] if average == "binary" else [flags, tuple(map(sparse.csr_matrix, flags))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y_true, y_pred in pairs:
            rows = np.shape(y_true)[0] if hasattr(y_true, "shape") else len(y_true)
            for weight in (None, np.arange(rows) + 0.5):
                how = {"average": average, "sample_weight": weight, "zero_division": 1}
                found = ours.fbeta_score(y_true, y_pred, beta=beta, **how)
                recall = ours.recall_score(y_true, y_pred, **how)
                every = ours.precision_recall_fscore_support(y_true, y_pred, beta=beta, **how)
                assert np.array_equal(found, every[2])
                if beta == np.inf:
                    assert np.array_equal(found, recall)
                    other = theirs.fbeta_score(y_true, y_pred, beta=beta, **how)
                    assert np.array_equal(found, other)
