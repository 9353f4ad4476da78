"""torch.distributed on 127.0.0.1: whoever has which rows, every rank gets the scores of all."""

import numpy as np
import pytest
import ranks
from ranks import CLASSES, PARTS, ROWS

from f1core import best_threshold, score

torch = pytest.importorskip("torch")
if not torch.distributed.is_available():
    pytest.skip("torch without torch.distributed", allow_module_level=True)


@pytest.fixture(scope="module", params=[2, 3])
def found(request, tmp_path_factory):
    """What each of two or three ranks found."""
    told = ranks.run("all_of_it", request.param, tmp_path_factory.mktemp("ranks"))
    assert [code for code, _ in told] == [0] * request.param, told
    return [what for _, what in told]


@pytest.mark.parametrize("kind", ["scores", "ids", "weights", "device"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("parts", list(PARTS))
def test_every_rank_gets_the_scores_of_all_rows_and_twice_is_once(found, parts, task, kind):
    last = PARTS[parts][len(found)]
    true, pred, weight = ranks.rows(task)
    weight = weight[:last] if kind == "weights" else None
    expected = score(true[:last], pred[:last], task=task, sample_weight=weight).to_dict()
    everywhere = [numbers for each in found for numbers in each[f"{parts} {task} {kind}"]]
    assert all(numbers == everywhere[0] for numbers in everywhere)
    if kind == "weights":
        assert everywhere[0] == pytest.approx(expected, abs=1e-12)
    else:
        assert everywhere[0] == expected


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_every_rank_finds_the_best_threshold_of_all_rows(found, task):
    true, pred, _ = ranks.rows(task)
    best = best_threshold(true, pred, task=task)
    expected = score(true, pred, task=task, threshold=best.threshold).to_dict()
    everywhere = [numbers for each in found for numbers in each[f"best {task}"]]
    assert everywhere == [pytest.approx(expected, abs=1e-12)] * (2 * len(found))


def test_ranks_that_saw_other_labels(found):
    true, pred, _ = ranks.rows()
    kept = true != np.arange(ROWS) % len(found)
    expected = score(true[kept], pred.argmax(1)[kept]).to_dict()
    assert [each["labels seen"] for each in found] == [expected] * len(found)


def test_predictions_that_are_no_class_add_up(found):
    true, pred, _ = ranks.rows()
    expected = score(true, 2 * pred.argmax(1), classes=CLASSES, unknown="miss").to_dict()
    assert expected["unknown"] > 0
    for kind in ("host", "device"):
        assert [each[f"unknown {kind}"] for each in found] == [expected] * len(found)


def test_what_the_sampler_pads_counts_once(found):
    true, pred, _ = ranks.rows()
    for each in found:
        padded, total, numbers = each["padded"]
        assert padded > total == ROWS
        assert numbers == score(true, pred, classes=CLASSES).to_dict()


def test_a_group_is_only_its_members(found):
    true, pred, _ = ranks.rows()
    size = len(found)
    rows = np.isin(np.arange(ROWS) % size, [0, size - 1])
    told = [each["pair"] for each in found]
    assert told[0] == told[-1] == score(true[rows], pred[rows], classes=CLASSES).to_dict()
    assert all("not in the group" in sentence for sentence in told[1:-1])


def test_what_cannot_be_added_is_refused_on_every_rank_alike(found):
    for what, sentence in (
        ("options", "rank 0 differs from rank 1: beta is 1.0 here and 2.0 there"),
        ("classes", "3 classes cannot be added to 4"),
        ("nothing", "there are no rows to score: update() was not called since the start"),
    ):
        assert [each[what] for each in found] == [sentence] * len(found)


def test_what_one_rank_refused_on_its_device_is_refused_on_every_rank(found):
    sentences = [each["refused there"] for each in found]
    assert all("1 row was refused, the first in update 1, preds at row 1" in s for s in sentences)
    assert [s.startswith("rank 1: ") for s in sentences] == [i != 1 for i in range(len(found))]


def test_a_rank_that_fails_does_not_let_the_others_wait(tmp_path):
    """The process group notices that it is gone, long before its timeout of half an hour."""
    (code, waiting), (failed, refused) = ranks.run("one_fails", 2, tmp_path, timeout=120)
    assert code == failed == 1
    assert "preds is NaN at row 1" in refused
    assert "F1Error" not in waiting
