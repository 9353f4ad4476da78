"""Batches on a device in odd orders and forms: what the CPU says of them is what they are."""

import copy
import math
import threading

import numpy as np
import pytest

from f1core import Accumulator, F1Error

torch = pytest.importorskip("torch")

from f1core.adapters.torch import ScoreMeter  # noqa: E402
from f1core.device import torch_reader  # noqa: E402

BAD = torch.tensor([0.2, math.nan])
GOOD = torch.tensor([0.2, 0.9])
TRUE = torch.tensor([0, 1])
WEIGHT = torch.tensor([1.0, 2.0])


@pytest.fixture(autouse=True)
def everywhere(monkeypatch):
    monkeypatch.setattr(torch_reader, "EVERYWHERE", True)


def both(task, *batches, **options):
    """A meter and an accumulator of the same batches: (preds, target) and more by name."""
    meter, expected = ScoreMeter(task, **options), Accumulator(task, **options)
    for preds, target, *more in batches:
        given = more[0] if more else {}
        meter.update(preds, target, **given)
        expected.update(target, preds, **given)
    return meter, expected


def assert_same(meter, expected):
    meter._settle()
    assert meter._own.counts == expected.counts


@pytest.mark.parametrize(
    ("task", "options", "preds", "target"),
    [
        ("multiclass", {}, [[2**24, 2**24 + 1, 0], [0, 2**53, 2**53 + 1]], [1, 2]),
        ("multiclass", {"top_k": 2}, [[1, 2, 3], [3, 1, 1]], [0, 1]),
        ("multiclass", {"top_k": 8}, [[2**24] * 8 + [2**24 + 1]] * 2, [8, 8]),
        ("binary", {"classes": ["True", "False"]}, [0.9, 0.9, 0.1], [True, True, False]),
        ("multiclass", {"classes": ["True", "False"]}, [[0.9, 0.1], [0.2, 0.8]], [True, False]),
        ("multiclass", {"classes": [1, 2, 7]}, [[1.0, 0, 0], [0, 0, 1]], [1, 7]),
    ],
)
def test_whole_numbers_and_named_classes(task, options, preds, target):
    for more in ({}, {"sample_weight": np.ones(len(target))}):
        assert_same(*both(task, (torch.tensor(preds), torch.tensor(target), more), **options))


def test_a_view_with_a_negative_bit():
    view = torch.complex(torch.zeros(3), torch.tensor([0.2, -0.9, 0.8])).conj().imag
    assert view.is_neg()
    assert_same(*both("binary", (view, torch.tensor([0, 1, 1])), from_logits=True))


def test_onehot_floats_with_weights():
    eye = torch.eye(3)
    assert_same(*both("multiclass", (eye, eye, {"sample_weight": [1.0, 2, 3]}), classes=3))


def test_the_number_of_classes_is_settled_by_what_was_counted():
    eye = torch.eye
    meter, expected = both("multiclass", (eye(3), torch.arange(3)), (TRUE, TRUE))
    assert_same(meter, expected)
    for made in (meter, expected):
        made.reset()
    for width in (5, 3):  # none of an empty batch, none of before a reset
        meter.update(eye(width)[:0], torch.arange(0))
    meter.update(eye(4), torch.arange(4))
    expected.update(torch.arange(4), eye(4))
    assert_same(meter, expected)
    with pytest.raises(F1Error, match="preds has 5 columns, there are 4 classes"):
        meter.update(eye(5), torch.arange(5))


def test_ignored_rows_settle_classes_and_count_nowhere():
    meter = ScoreMeter("multiclass", ignore_index=-1)
    meter.update(torch.eye(3), torch.tensor([-1] * 3))
    with pytest.raises(F1Error, match="all were ignored"):
        meter.compute()
    meter.update(torch.tensor([5, 7]), torch.tensor([5, 7]))
    with pytest.raises(F1Error, match="none of the classes 0…2"):
        meter.compute()


def test_options_are_checked_by_the_first_rows():
    meter = ScoreMeter("binary", ignore_index="a")
    meter.update(GOOD[:0], TRUE[:0])
    with pytest.raises(F1Error, match="ignore_index is 'a'"):
        meter.update(GOOD, TRUE)


# ---- what waits is nobody else's, and what was refused stays ---------------------------------


def test_what_is_on_its_way_is_not_changed_by_who_sent_it():
    preds, target, weight = GOOD.clone(), [0, 1], np.array([1.0, 2.0])
    meter, expected = both("binary", (preds, target, {"sample_weight": weight}))
    preds.zero_()
    target[0] = 1
    weight[:] = 100
    assert_same(meter, expected)


@pytest.mark.parametrize("more", [{"sample_weight": WEIGHT}, {"sample_id": [1, 2]}])
def test_a_refusal_on_its_way_stays_until_reset(more):
    meter = ScoreMeter("binary")
    meter.update(BAD, TRUE, **more)
    BAD_AGAIN = {"sample_weight": WEIGHT} if "sample_weight" in more else {"sample_id": [3, 4]}
    meter.update(GOOD, TRUE, **BAD_AGAIN)  # which is not to blame
    assert "refused" in repr(meter)
    for ask in (meter.compute, lambda: meter.total, lambda: copy.copy(meter), meter.sync):
        with pytest.raises(F1Error, match=r"preds is NaN at row 1 \(of batch 1 with ids or weigh"):
            ask()
    meter.reset()
    meter.update(GOOD, TRUE, **more)
    assert meter.total == (3 if "sample_weight" in more else 2)


def test_a_nan_in_an_ignored_row_may_have_a_weight():
    target = torch.tensor([0, -1])
    more = {"sample_weight": WEIGHT}
    assert_same(*both("binary", (BAD, target, more), ignore_index=-1))
    scores = torch.tensor([[0.2, 0.8], [math.nan, 0.1]])
    assert_same(*both("multiclass", (scores, target, more), ignore_index=-1, classes=2))


def test_a_batch_that_is_asked_at_once_leaves_the_meter_as_it_was():
    meter = ScoreMeter("multiclass", check="now")
    with pytest.raises(F1Error, match="target is 9"):
        meter.update(torch.eye(5), torch.tensor([0, 1, 2, 3, 9]))
    meter.update(torch.eye(3), torch.arange(3))
    for wrong in ((torch.eye(4), torch.arange(4)), (torch.eye(3), torch.arange(3), [1, 2, 3])):
        with pytest.raises(F1Error):
            meter.update(*wrong)
    assert meter.total == 3


def test_of_which_batch_a_refusal_tells():
    meter = ScoreMeter("binary")
    meter.update(GOOD, TRUE)
    meter.compute()
    meter.update(TRUE, torch.tensor([0, 7]))
    with pytest.raises(F1Error, match="in update 2, target at row 1: binary targets are 0 or 1"):
        meter.compute()
    meter.reset()
    meter.update(TRUE, TRUE)
    meter.update(BAD, TRUE)
    with pytest.raises(F1Error, match=r"in update 2, preds at row 1: a score is NaN or outside"):
        meter.compute()


def test_after_more_batches_than_notes_can_number():
    meter = ScoreMeter("binary")
    meter.update(GOOD, TRUE)
    meter._there._number = 1 << 40
    meter.update(BAD, TRUE)
    with pytest.raises(F1Error, match="preds at row 1: a score is NaN"):
        meter.compute()


def test_what_has_no_numbers_in_rows_is_refused_as_on_the_cpu():
    for preds, target in (
        (torch.eye(2).to_sparse(), TRUE),
        (torch.eye(2), torch.zeros(2, device="meta")),
    ):
        meter = ScoreMeter("multiclass", check="now")
        with pytest.raises(F1Error, match="cannot be read as an array"):
            meter.update(preds, target)


def test_threads_may_share_a_meter():
    meter = ScoreMeter("multiclass", classes=5)
    scores, target = torch.rand(100, 5), torch.zeros(100, dtype=torch.int64)
    ready = threading.Barrier(4)

    def work():
        ready.wait()
        for _ in range(50):
            meter.update(scores, target)
            repr(meter)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert meter.total == 4 * 50 * 100


def test_a_copy_counts_by_itself():
    meter, _ = both("binary", (GOOD, TRUE))
    other = copy.copy(meter)
    other.update(GOOD, TRUE)
    assert (meter.total, other.total) == (2, 4)
