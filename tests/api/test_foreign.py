"""Arrays of other libraries: read where they lie, by whatever they offer, or refused by name."""

import array
import warnings

import numpy as np
import pytest
import scipy.sparse

from f1core import F1Error, score
from f1core.arrays import BFLOAT16, to_numpy

TRUE = np.array([0, 2, 1, 1])
PRED = np.float32([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.5, 0.2, 0.3]])
FLAGS = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 0, 0]])
WORDS = ["ant", "owl", "cat", "cat"]
EXPECTED = score(TRUE, PRED).to_dict()


class OnlyArray:
    """Holds its numbers behind __array__ and nothing else."""

    def __init__(self, values):
        self._values = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return self._values


class OnlyDLPack:
    """Holds its numbers behind DLPack and nothing else."""

    def __init__(self, values):
        self._values = np.ascontiguousarray(values)

    def __dlpack__(self, **options):
        return self._values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._values.__dlpack_device__()


class OnlySequence:
    def __init__(self, values):
        self._values = list(values)

    def __len__(self):
        return len(self._values)

    def __iter__(self):
        return iter(self._values)


def matrix(values):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.asmatrix(values)


@pytest.mark.parametrize("wrap", [OnlyArray, OnlyDLPack, OnlySequence, list, matrix])
def test_scores_in_any_wrapping(wrap):
    assert score(TRUE, wrap(PRED)).to_dict() == EXPECTED


@pytest.mark.parametrize(
    "wrap",
    [OnlyArray, OnlyDLPack, OnlySequence, list, tuple, memoryview, np.ma.masked_array,
     lambda a: array.array("i", a.tolist()), lambda a: a[:, None], lambda a: a[:, None].tolist(),
     lambda a: a.astype(object), lambda a: [np.int16(x) for x in a],
     lambda a: a.astype(np.float16)],
    ids=["__array__", "DLPack", "sequence", "list", "tuple", "memoryview", "masked",
         "array.array", "column", "column of lists", "objects", "NumPy scalars", "float16"],
)  # fmt: skip
def test_labels_in_any_wrapping(wrap):
    assert score(wrap(TRUE), PRED).to_dict() == EXPECTED


def test_a_range_is_an_array():
    assert score(range(3), np.eye(3, dtype=np.float32)).accuracy == 1.0


def test_read_only_memory_is_read():
    frozen = np.frombuffer(PRED.tobytes(), np.float32).reshape(PRED.shape)
    assert not frozen.flags.writeable
    assert score(TRUE, memoryview(frozen)).to_dict() == EXPECTED


@pytest.mark.parametrize("wrap", [OnlyArray, OnlyDLPack, memoryview], ids=str)
def test_nothing_is_copied(wrap):
    assert np.shares_memory(to_numpy(wrap(PRED), "y_pred"), PRED) or wrap is OnlyDLPack
    before = PRED.copy()
    score(TRUE, PRED)
    assert PRED.flags.writeable
    assert (before == PRED).all()


@pytest.mark.parametrize("layout", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
@pytest.mark.parametrize("kind", ["matrix", "array"])
def test_sparse_flags(layout, kind):
    sparse = getattr(scipy.sparse, f"{layout}_{kind}")(FLAGS)
    expected = score(FLAGS, PRED, task="multilabel").to_dict()
    assert score(sparse, PRED, task="multilabel").to_dict() == expected
    assert score(sparse, sparse, task="multilabel").exact_match == 1.0


def test_bfloat16_of_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    theirs = PRED.astype(ml_dtypes.bfloat16)
    assert score(TRUE, theirs).to_dict() == EXPECTED
    ours = theirs.view(np.uint16).view(BFLOAT16)
    assert score(TRUE, ours).to_dict() == EXPECTED
    assert score(TRUE.astype(ml_dtypes.bfloat16), PRED).to_dict() == EXPECTED
    flags = score([0, 1], np.array([0, 1], ml_dtypes.bfloat16), sample_weight=ours[:2, 0])
    assert flags.task == "binary"
    labels = TRUE.astype(ml_dtypes.bfloat16)
    assert score(labels, labels, task="multiclass").accuracy == 1.0
    assert score([0, 1], np.array([0, 1]), task=None).task == "binary"
    zeros = np.array([0, 1, 0], ml_dtypes.bfloat16)
    assert score(zeros, [0, 1, 1]).task == "binary"


def test_a_column_of_vectors():
    vectors = np.empty(4, object)
    vectors[:] = list(PRED)
    assert score(TRUE, vectors).to_dict() == EXPECTED
    vectors[:] = [row.tolist() for row in PRED]
    assert score(TRUE, vectors).to_dict() == EXPECTED
    vectors[2] = [0.5, 0.5]
    with pytest.raises(F1Error, match="y_pred is ragged"):
        score(TRUE, vectors)


@pytest.mark.parametrize("dtype", ["U", "S", object])
def test_words(dtype):
    words = np.array(WORDS).astype(dtype)
    assert score(words, PRED, classes=["ant", "cat", "owl"]).to_dict() == EXPECTED
    assert score(words, words).classes == ["ant", "cat", "owl"]


def test_words_of_variable_length():
    if not hasattr(np.dtypes, "StringDType"):
        pytest.skip("this NumPy has no StringDType")
    words = np.array(WORDS, np.dtypes.StringDType())
    assert score(words, PRED, classes=["ant", "cat", "owl"]).to_dict() == EXPECTED
    with_gaps = np.array([*WORDS[:3], None], np.dtypes.StringDType(na_object=None))
    with pytest.raises(F1Error, match=r"y_true has a missing value \(None\) at row 3"):
        score(with_gaps, words)


def test_words_against_a_one_hot_truth():
    one_hot = np.eye(3, dtype=int)[TRUE]
    names = {"task": "multiclass", "classes": ["ant", "cat", "owl"]}
    assert score(one_hot, WORDS, **names).accuracy == 1.0
    numbers = {"task": "multiclass", "classes": [10, 20, 30]}
    assert score(one_hot, [10, 30, 20, 20], **numbers).accuracy == 1.0
    with pytest.raises(F1Error, match="y_pred is 'dog' at row 1"):
        score(one_hot, ["ant", "dog", "cat", "cat"], **names)
    with pytest.raises(F1Error, match=r"y_pred.*name the classes"):
        score(one_hot, WORDS, task="multiclass")


@pytest.mark.parametrize("name", ["y_true", "y_pred", "sample_weight"])
@pytest.mark.parametrize(
    "broken",
    [OnlyArray(np.array(["2020"], "M8")), {"a": 1}, np.array([1j])],
    ids=["date", "dict", "complex"],
)
def test_what_cannot_be_read_is_named(name, broken):
    arguments = {"y_true": [1], "y_pred": [1], "sample_weight": [1]} | {name: broken}
    with pytest.raises(F1Error, match=name):
        score(**arguments)
