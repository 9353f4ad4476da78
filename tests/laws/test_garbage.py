"""Anything at all in any argument: a result or F1Error, no other exception, no warning."""

import copy
import warnings

import numpy as np
import pytest
from arrays import FLOATS, INTS, UINTS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from odd import ODD

from f1core import Accumulator, F1Error, Scores, score

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, 2, 3, -1, 2**31, 2**63, -(2**63), 2**64, 10**30]),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=4),
    st.binary(max_size=4),
    st.sampled_from(["binary", "multiclass", "multilabel", "present", "all", "true", "f1_macro"]),
    st.datetimes(),
    st.sampled_from(sorted(ODD)).map(lambda name: ODD[name]()),
)
NESTED = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=12)
SIMPLE = st.one_of(
    st.lists(st.integers(0, 3), max_size=4),
    st.lists(st.floats(0, 1), max_size=4),
    st.lists(st.lists(st.floats(0, 1), min_size=2, max_size=2), max_size=4),
    st.lists(st.sampled_from("ab"), max_size=4),
)
DTYPES = st.one_of(
    st.sampled_from([*FLOATS, *INTS, *UINTS, np.dtype(bool), np.dtype(object), np.dtype("V3")]),
    npst.array_dtypes(),
    npst.scalar_dtypes(),
)


@st.composite
def arrays(draw):
    """Arrays of any dtype and few elements, often four rows."""
    shapes = st.one_of(
        st.sampled_from([(4,), (4, 1), (4, 2), (4, 3), (0,), (0, 2), (2, 0), (), (4, 2, 2), (1,)]),
        npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
    dtype, shape = draw(DTYPES), draw(shapes)
    if dtype.kind == "O":
        size = int(np.prod(shape))
        made = np.empty(size, object)
        for place, value in enumerate(draw(st.lists(SCALARS, min_size=size, max_size=size))):
            made[place] = value
        return made.reshape(shape)
    raw = draw(st.binary(min_size=0, max_size=64)) + b"\0" * 64
    count = int(np.prod(shape))
    need = max(1, count * dtype.itemsize)
    return np.frombuffer((raw * (need // 64 + 1))[:need], np.uint8)[: count * dtype.itemsize].view(
        dtype if dtype.itemsize else np.uint8
    ).reshape(shape if dtype.itemsize else (0,))  # fmt: skip


ANYTHING = st.one_of(NESTED, arrays(), SIMPLE)

# Options of a form that means something, so that the odd one is reached; and anything else.
OPTIONS = {
    "task": ["binary", "multiclass", "multilabel", None],
    "classes": [None, 2, 3, ["a", "b"], [0, 1], [5, 7]],
    "threshold": [0.5, 0.0, 1.0, [0.2, 0.3]],
    "top_k": [1, 2],
    "from_logits": [False, True],
    "sample_weight": [None, [1, 2, 0, 1], [0.5] * 4],
    "ignore_index": [None, 0, -1, "a"],
    "average_over": [None, "present", "all", [0], ["a"]],
    "zero_division": [0.0, 1.0, float("nan")],
    "beta": [1.0, 0.0, 2.0, float("inf"), 1e300, 5e-324],
    "confusion": [None, True, False],
    "threads": [None, 1, 2],
}


@st.composite
def options(draw, odd):
    chosen = draw(st.dictionaries(st.sampled_from(list(OPTIONS)), st.none(), max_size=4))
    found = {name: draw(st.sampled_from(OPTIONS[name])) for name in chosen}
    if odd:
        name = draw(st.sampled_from(list(OPTIONS)))
        found[name] = draw(ANYTHING)
        if isinstance(found[name], int) and name == "classes":
            found[name] = min(found[name], 1000) if found[name] < 2**30 else found[name]
    return found


def outcome(call, *args, **options):
    """What a call gives, or its F1Error; warnings and other exceptions come through."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return call(*args, **options), None
        except F1Error as error:
            return None, error


def survives(call, *args, **options):
    """A result, all of whose views survive too, or an F1Error that says something."""
    result, error = outcome(call, *args, **options)
    if error is not None:
        assert isinstance(error, F1Error)
        assert 5 < len(str(error)) < 1000
    if isinstance(result, Scores):
        for view in (Scores.to_dict, str, repr, Scores._repr_html_):
            _, error = outcome(view, result)
            assert error is None or "average" in str(error)
    return result


@pytest.mark.usefixtures("engine")
@given(ANYTHING, ANYTHING, options(odd=False))
def test_any_two_arrays(y_true, y_pred, chosen):
    survives(score, y_true, y_pred, **chosen)


@pytest.mark.usefixtures("engine")
@given(SIMPLE, SIMPLE, options(odd=True))
def test_any_option(y_true, y_pred, chosen):
    survives(score, y_true, y_pred, **chosen)


@given(arrays(), arrays(), st.none() | arrays(), st.sampled_from(OPTIONS["task"]))
def test_any_bits_as_numbers(y_true, y_pred, weight, task):
    survives(score, y_true, y_pred, sample_weight=weight, task=task)


@given(options(odd=True), ANYTHING, ANYTHING, st.none() | ANYTHING)
def test_an_accumulator_given_anything(chosen, y_true, y_pred, weight):
    chosen.pop("sample_weight", None)
    made = survives(Accumulator, **({"task": "multiclass"} | chosen))
    if made is None:
        return
    survives(made.update, y_true, y_pred, sample_weight=weight)
    survives(made.compute)
    survives(made.merge, y_true)
    if not isinstance(y_true, (str, bytes)):  # these would leave files behind
        survives(made.save, y_true)
    survives(Accumulator.load, y_true)
    assert made == copy.deepcopy(made)


@given(ANYTHING)
def test_scores_asked_for_anything(value):
    scores = score([0, 1, 1], [0.2, 0.7, 0.1])
    survives(scores.metric, value)
    survives(scores.confusion_matrix, normalize=value)
