"""Small batches, one after the other, nearly all alike: no short cut may count anything else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inside import BACKENDS, as_found
from problems import generators

from f1core import Accumulator, F1Error

FORMS = {
    "multiclass": ("multiclass", {"classes": 4}, 4),
    "wide": ("multiclass", {"classes": 150}, 150),
    "open": ("multiclass", {}, 5),
    "many": ("multiclass", {"classes": 1100}, 1100),
    "top": ("multiclass", {"classes": 4, "top_k": 2}, 4),
    "binary": ("binary", {}, None),
    "multilabel": ("multilabel", {"threshold": [0.2, 0.3, 0.5, 0.9]}, 4),
    "ignored": ("multiclass", {"classes": 4, "ignore_index": 3}, 4),
    "masked": ("multiclass", {"classes": 4, "ignore_index": -100}, 4),
    "sums": ("multiclass", {"classes": 4, "ignore_index": -100, "confusion": False}, 4),
}
CHANGES = [
    "none", "none", "none", "NaN", "target", "float64", "int16", "list", "weights", "Fortran",
    "fewer rows", "no rows", "other width", "labels", "reset", "lengths", "read-only", "merge",
    "one-hot", "one-hot", "one-hot float32", "masked", "masked NaN",
]  # fmt: skip


@pytest.fixture(scope="module", params=BACKENDS)
def loaded(request):
    """The kernels loaded or not, as the accumulator itself finds them."""
    with as_found(request.param):
        yield


def batch(rng, task, width, rows):
    shape = (rows, width) if width else rows
    y_pred = rng.random(shape, dtype=np.float32)
    if task == "multilabel":
        return rng.integers(0, 2, shape).astype(np.int64), y_pred
    return rng.integers(0, width or 2, rows), y_pred


def changed(rng, change, task, width, y_true, y_pred):
    """Arguments of `update` that differ from the batches before in one respect."""
    weight = None
    if change == "NaN":
        y_pred.flat[rng.integers(y_pred.size)] = np.nan
    elif change == "target":
        y_true.flat[rng.integers(y_true.size)] = rng.choice([-1, width or 2, 5000])
    elif change == "float64":
        y_pred = y_pred.astype(np.float64)
    elif change == "int16":
        y_true = y_true.astype(np.int16)
    elif change == "list":
        y_true, y_pred = y_true.tolist(), y_pred.tolist()
    elif change == "weights":
        weight = rng.integers(0, 4, len(y_true))
    elif change == "Fortran":
        y_pred = np.asfortranarray(y_pred)
    elif change == "fewer rows":
        y_true, y_pred = y_true[:2], y_pred[:2]
    elif change == "no rows":
        y_true, y_pred = y_true[:0], y_pred[:0]
    elif change == "other width" and width:
        y_pred = y_pred[:, :2].copy()
    elif change == "labels" and task == "multiclass" and width != 5:
        y_pred = y_pred.argmax(axis=1)
    elif change == "lengths":
        y_true = y_true[:-1]
    elif change == "read-only":
        y_pred.setflags(write=False)
    elif change.startswith("one-hot") and task == "multiclass":
        y_true = np.eye(width)[y_true].astype("f4" if "float" in change else "i1")
    elif change.startswith("masked"):
        y_true.flat[1] = -100
        if "NaN" in change:
            y_pred[1] = np.nan
    return y_true, y_pred, weight


@given(
    st.sampled_from(sorted(FORMS)), st.lists(st.sampled_from(CHANGES), max_size=12), generators()
)
def test_a_stream_of_batches_is_their_sum(loaded, form, changes, rng):
    task, options, width = FORMS[form]
    made = Accumulator(task, **options)
    total = Accumulator(task, **options)
    for change in ["none", *changes]:
        if change == "reset":
            made.reset()
            total = Accumulator(task, **options)
            continue
        if change == "merge":
            made.merge(total)
            total = total + total
            continue
        arguments = changed(rng, change, task, width, *batch(rng, task, width, 8))
        y_true, y_pred, weight = arguments
        alone = Accumulator(task, **options)
        before = made + alone
        try:
            alone.update(y_true, y_pred, sample_weight=weight)
            both = total + alone
        except F1Error:
            with pytest.raises(F1Error):
                made.update(y_true, y_pred, sample_weight=weight)
            assert made == before
        else:
            made.update(y_true, y_pred, sample_weight=weight)
            total = both
        assert made.total == total.total
        if total.total:
            ours, theirs = made.compute().to_dict(), total.compute().to_dict()
            np.testing.assert_allclose(list(ours.values()), list(theirs.values()), atol=1e-12)


def test_results_handed_out_do_not_change_with_later_batches(loaded):
    """What is added in place must not reach what `compute` gave."""
    rng = np.random.default_rng(0)
    for task, options, width in FORMS.values():
        made = Accumulator(task, **options)
        given_out = []
        for _ in range(4):
            made.update(*batch(rng, task, width, 8))
            scores = made.compute()
            given_out.append((scores, scores.to_dict(), made + Accumulator(task, **options)))
        for rows, (scores, numbers, copied) in zip((8, 16, 24, 32), given_out, strict=True):
            if form_counts_all(options):
                assert copied.total == scores.total == rows
            assert scores.to_dict() == numbers == copied.compute().to_dict()


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("onehot", [False, True])
def test_targets_of_any_dtype_repeat(loaded, dtype, onehot):
    rng, made = np.random.default_rng(0), Accumulator("multiclass", classes=4)
    y_true, y_pred = rng.integers(0, 2 if dtype == "bool" else 4, (3, 9)), rng.random((3, 9, 4))
    for true, pred in zip(y_true, y_pred, strict=True):
        made.update((np.eye(4)[true] if onehot else true).astype(dtype), pred)
    whole = Accumulator("multiclass", classes=4)
    whole.update(y_true.ravel(), y_pred.reshape(27, 4))
    assert made == whole


def form_counts_all(options):
    return "ignore_index" not in options
