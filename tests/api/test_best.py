"""The best epoch so far: what improves, when to stop, and a run that goes on after a restart."""

import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from f1core import BestEpoch, F1Error

VALUES = st.one_of(st.floats(0, 1), st.sampled_from([0.5, 0.7, math.nan, math.inf, -math.inf]))
RUNS = st.lists(VALUES, max_size=30)


def told(values, **options):
    """What each update said, and the state after all."""
    best = BestEpoch(**options)
    return [(best.update(v), best.should_stop) for v in values], best


@given(RUNS)
def test_the_best_is_the_first_maximum_of_what_is_a_number(values):
    _, best = told(values)
    numbers = [(v, -epoch) for epoch, v in enumerate(values) if not math.isnan(v)]
    value, epoch = max(numbers, default=(None, None))
    assert best.best == value
    assert best.best_epoch == (None if epoch is None else -epoch)
    assert best.epochs == len(values)


@given(RUNS)
def test_a_loss_is_the_same_upside_down(values):
    up, best = told(values, patience=3, min_delta=0.125)
    down, least = told([-v for v in values], patience=3, min_delta=0.125, less_is_better=True)
    assert up == down
    assert best.best_epoch == least.best_epoch


@given(RUNS, st.integers(1, 4), st.sampled_from([0.0, 0.1]))
def test_it_stops_after_as_many_epochs_in_a_row_as_it_has_patience(values, patience, delta):
    said, _ = told(values, patience=patience, min_delta=delta)
    improved = [yes for yes, _ in said]
    for epoch, (_, stops) in enumerate(said):
        assert stops == (epoch + 1 >= patience and not any(improved[: epoch + 1][-patience:]))


@given(RUNS, st.integers(0, 30))
def test_a_restarted_run_goes_on_as_if_nothing_had_happened(values, at):
    whole, _ = told(values, patience=2, min_delta=0.05)
    _, before = told(values[:at], patience=2, min_delta=0.05)
    after = BestEpoch(patience=2, min_delta=0.05)
    after.load_state_dict(json.loads(json.dumps(before.state_dict())))
    for again in (after, pickle.loads(pickle.dumps(before))):
        assert again.should_stop == before.should_stop
        rest = [(again.update(v), again.should_stop) for v in values[at:]]
        assert rest == whole[at:]


def test_a_first_nan_spoils_nothing():
    best = BestEpoch(patience=2)
    assert [best.update(v) for v in (math.nan, 0.5, 0.6)] == [False, True, True]
    assert (best.best, best.best_epoch, best.should_stop) == (0.6, 2, False)


def test_less_than_the_least_gain_is_none():
    best = BestEpoch(min_delta=0.1)
    assert [best.update(v) for v in (0.5, 0.6, 0.61, 0.65)] == [True, False, True, False]


def test_numbers_of_any_library():
    best = BestEpoch()
    assert best.update(np.float32(0.5)) and best.update(np.array(0.75)) and best.update(1)
    assert type(best.best) is float


@pytest.mark.parametrize("value", ["0.5", None, [0.5], np.zeros(2), np.array("x"), True, 1j])
def test_what_is_no_number_is_refused_and_changes_nothing(value):
    best = BestEpoch()
    best.update(0.5)
    before = best.state_dict()
    with pytest.raises(F1Error, match="value is"):
        best.update(value)
    assert best.state_dict() == before


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"patience": 0}, "patience is 0"),
        ({"patience": 1.5}, "patience is 1.5"),
        ({"min_delta": -0.1}, "min_delta is -0.1; give a number from 0"),
        ({"min_delta": math.nan}, "min_delta is nan"),
        ({"less_is_better": "max"}, "less_is_better is 'max'"),
    ],
)
def test_wrong_options_are_refused(options, sentence):
    with pytest.raises(F1Error, match=sentence):
        BestEpoch(**options)


def test_what_it_looks_like():
    best = BestEpoch()
    assert repr(best) == "BestEpoch(none in 0)"
    best.update(0.5)
    assert repr(best) == "BestEpoch(0.5 at epoch 0, 0 since)"
