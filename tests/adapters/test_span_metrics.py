"""make_compute_metrics(task="spans"): ids of tags in, seqeval's numbers out, or a refusal."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

from f1core import F1Error
from f1core.adapters import seqeval
from f1core.adapters.transformers import make_compute_metrics

TAGS = ["O", "B-A", "I-A", "B-B", "I-B"]
RNG = np.random.default_rng(8)
TRUE = RNG.integers(0, 5, (40, 9))
TRUE[:, 0] = TRUE[RNG.random(TRUE.shape) < 0.2] = -100
LOGITS = RNG.normal(size=(40, 9, 5)) + 2 * np.eye(5)[TRUE.clip(0)]
LOGITS[TRUE == -100] = np.nan  # what is left out is not looked at


def in_tags(ids, kept=TRUE != -100):
    return [[TAGS[i] for i in row[k]] for row, k in zip(ids, kept, strict=True)]


def expected(**how):
    y = in_tags(TRUE), in_tags(np.nan_to_num(LOGITS).argmax(axis=2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {name: getattr(seqeval, f"{name}_score")(*y, **how)
                 for name in ("f1", "precision", "recall")}  # fmt: skip
    return found | {"accuracy": seqeval.accuracy_score(*y)}


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize(
    "how", [{}, {"mode": "strict", "scheme": "IOB2"}], ids=["default", "strict"]
)
def test_it_is_seqeval_of_the_tags_that_count(average, how):
    made = make_compute_metrics(task="spans", labels=TAGS, average=average, **how)
    wanted = expected(**how, average=average or "micro")
    assert made((LOGITS, TRUE)) == pytest.approx(wanted)
    ids = np.nan_to_num(LOGITS).argmax(axis=2)
    assert made((ids, TRUE)) == made((LOGITS, TRUE))
    assert made(([LOGITS[:9], LOGITS[9:]], [TRUE[:9], TRUE[9:]])) == made((LOGITS, TRUE))
    assert made(((ids, LOGITS), TRUE)) == made((LOGITS, TRUE))
    for start in range(0, 40, 7):
        part = slice(start, start + 7)
        given = (LOGITS[part].astype(np.float32), TRUE[part].astype(np.int32))
        found = made(given, compute_result=start + 7 >= 40)
        if start == 14:
            made = pickle.loads(pickle.dumps(made))
        assert found == {} or start == 35
    assert found == made((LOGITS, TRUE))


def test_classes_have_keys_whether_they_occur_or_not():
    names = {0: "O", 1: "B-A", 2: "B-Z"}
    made = make_compute_metrics(task="spans", labels=names, per_class=True)
    found = made((np.array([[1, 0]]), np.array([[1, 1]])))
    assert found["f1_Z"] == 0.0 and found["recall_A"] == 0.5
    assert found["f1"] == pytest.approx(2 / 3) and found["accuracy"] == 0.5
    label2id = {name: i for i, name in names.items()}
    again = make_compute_metrics(task="spans", labels=label2id, per_class=True)
    assert again((np.array([[1, 0]]), np.array([[1, 1]]))) == found


def test_predictions_of_a_device_are_counted_alike():
    torch = pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from away import Away, Elsewhere

    made = make_compute_metrics(task="spans", labels=TAGS)
    wanted = made((LOGITS, TRUE))
    with Elsewhere():
        pred, true = Away(torch.tensor(LOGITS)), Away(torch.tensor(TRUE))
        assert made((pred, true)) == wanted
        with pytest.raises(F1Error, match="NaN"):
            made((pred, Away(torch.zeros(40, 9, dtype=torch.int64))))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "labels is None; task='spans' needs the tags"),
        ({"labels": 5}, "labels is 5; give tags in the order of their ids"),
        ({"labels": "O"}, "labels is the string 'O'"),
        ({"labels": [0, 1]}, "labels is [0, 1]; give tags"),
        ({"labels": ["O", "O"]}, "labels names 'O' twice"),
        ({"labels": ["O"]}, "which has no tag of a span"),
        ({"labels": TAGS, "classes": ["A"]}, "classes is not for spans"),
        ({"labels": TAGS, "average": "samples"}, "average is 'samples'"),
        ({"labels": TAGS, "threshold": 0.3}, "spans has no option threshold="),
        ({"labels": TAGS, "resamples": 5}, "spans has no option resamples="),
        ({"labels": TAGS, "scheme": "IOB2"}, "scheme is for mode='strict'"),
        (
            {"labels": ["O", "E-A"], "mode": "strict", "scheme": "IOB2"},
            "labels holds 'E-A', which IOB2",
        ),
        ({"labels": TAGS, "ignore_index": "O"}, "ignore_index is 'O'; give an id"),
        ({"labels": TAGS, "task": "multiclass"}, "labels is for task='spans'"),
    ],
)
def test_options_are_refused_at_once(options, says):
    with pytest.raises(F1Error) as error:
        make_compute_metrics(**{"task": "spans", **options})
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("pred", "true", "says"),
    [
        (LOGITS[:, :, :4], TRUE, "predictions have 4 columns, labels names 5 tags"),
        (LOGITS[:, 1:], TRUE, "they are (n, T, C) logits or (n, T) ids"),
        (LOGITS[:, :, 0], TRUE, "predictions hold numbers with a fraction"),
        (LOGITS, TRUE.astype(float), "label_ids hold numbers with a fraction"),
        (LOGITS.reshape(-1, 5), TRUE.reshape(-1), "they are (n, T, C) logits"),
        (np.full(TRUE.shape, 7), TRUE, "predictions hold 7 at row 0"),
        (LOGITS, np.full(TRUE.shape, 5), "label_ids hold 5 at row 0, token 0"),
        (
            LOGITS,
            np.zeros(TRUE.shape, int),
            "predictions hold NaN, or the id -1, at row 0, token 0",
        ),
    ],
)
def test_wrong_arrays_are_refused_and_forgotten(pred, true, says):
    made = make_compute_metrics(task="spans", labels=TAGS)
    assert made((LOGITS, TRUE), compute_result=False) == {}
    with pytest.raises(F1Error) as error:
        made((pred, true), compute_result=True)
    assert says in str(error.value)
    assert made((LOGITS, TRUE), compute_result=True) == pytest.approx(expected())
