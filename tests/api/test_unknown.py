"""Predictions that are no class, with unknown="miss": misses of the truth, hits of nothing."""

import copy
import json
import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

import f1core
from f1core import Accumulator, F1Error, compare, score, score_by
from f1core.errors import IdleOption

RNG = np.random.default_rng(17)
WORDS = ["cat", "dog", "cow"]
N = 400
TRUE = RNG.choice(WORDS, N)
SAID = np.where(RNG.random(N) < 0.6, TRUE, RNG.choice([*WORDS, "Cat", "", "I cannot say."], N))
MISSED = ~np.isin(SAID, WORDS)
HOW = {"classes": WORDS, "unknown": "miss"}
WEIGHT = RNG.integers(0, 5, N) / 4


def brute(true, pred, classes, weight=None):
    """Every number in ten lines: a prediction that is no class predicts nothing."""
    weight = np.ones(len(true)) if weight is None else weight
    rows = [(t, p if p in classes else None, w) for t, p, w in zip(true, pred, weight, strict=True)]
    found = {"unknown": sum(w for _, p, w in rows if p is None)}
    found["accuracy"] = sum(w for t, p, w in rows if t == p) / sum(w for *_, w in rows)
    for c in classes:
        tp = sum(w for t, p, w in rows if t == p == c)
        fp = sum(w for t, p, w in rows if p == c != t)
        fn = sum(w for t, p, w in rows if t == c != p)
        found[c] = tp, fp, fn
    return found


def everything(scores):
    """What a user sees of scores, with no number rounded."""
    found = {name: repr(value) for name, value in scores.to_dict().items()}
    return found | {"matrix": scores.confusion.tolist(), "unknown": scores.unknown}


def test_a_miss_is_a_false_negative_of_its_class_and_a_false_positive_of_none():
    for weight in (None, WEIGHT):
        s, expected = (
            score(TRUE, SAID, sample_weight=weight, **HOW),
            brute(TRUE, SAID, WORDS, weight),
        )
        assert s.unknown == expected["unknown"]
        assert math.isclose(s.accuracy, expected["accuracy"])
        assert math.isclose(s.hamming_loss, 1 - expected["accuracy"])
        assert s.exact_match == s.accuracy
        for place, name in enumerate(WORDS):
            tp, fp, fn = expected[name]
            assert math.isclose(s.per_class.precision[place], tp / (tp + fp))
            assert math.isclose(s.per_class.recall[place], tp / (tp + fn))
            assert math.isclose(s.per_class.f1[place], 2 * tp / (2 * tp + fp + fn))
        sums = np.array([expected[name] for name in WORDS]).sum(axis=0)
        assert math.isclose(s.micro.f1, 2 * sums[0] / (2 * sums[0] + sums[1] + sums[2]))
        assert s.micro.f1 > s.accuracy  # what predicts nothing is no false positive
    assert type(score(TRUE, SAID, **HOW).unknown) is int


@given(st.data())
def test_scikit_learn_over_the_classes_alone_gives_the_same(data):
    names = data.draw(st.sampled_from([WORDS, ["a", "b"], [3, 7, 8, 1], [0, 1, 2], [0, 1]]))
    size = data.draw(st.integers(1, 40))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    odd = ["no", "a class", "Cow"] if isinstance(names[0], str) else [9, -5, 1000]
    true, pred = rng.choice(names, size), rng.choice([*names, *odd], size)
    weight = rng.integers(0, 4, size) / 2 if data.draw(st.booleans()) else None
    if weight is not None and not weight.any():
        weight[0] = 1.0
    task = "multiclass"
    s = score(true, pred, task=task, sample_weight=weight, average_over=names, beta=2.0,
              classes=names, unknown="miss")  # fmt: skip
    alike = np.where(np.isin(pred, names), pred, odd[0])  # all of them one more label
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for average in ("micro", "macro", "weighted", None):
            theirs = sk.precision_recall_fscore_support(
                true, pred, labels=names, average=average, beta=2.0, sample_weight=weight,
                zero_division=0.0,
            )  # fmt: skip
            ours = getattr(s, average or "per_class")
            for mine, other in zip((ours.precision, ours.recall, ours.fbeta), theirs, strict=False):
                np.testing.assert_allclose(mine, other, atol=1e-12)
        matrix = sk.confusion_matrix(true, alike, labels=[*names, odd[0]], sample_weight=weight)
        np.testing.assert_allclose(s.confusion, matrix[:-1], atol=1e-12)
        assert not matrix[-1].any()
        np.testing.assert_allclose(
            s.confusion[:, :-1],
            matrix[:-1, :-1] if not np.isin(pred, names).any()
            else sk.confusion_matrix(true, pred, labels=names, sample_weight=weight), atol=1e-12,
        )  # fmt: skip
        for ours, function in (
            (s.accuracy, sk.accuracy_score), (s.mcc, sk.matthews_corrcoef),
            (s.balanced_accuracy, sk.balanced_accuracy_score), (s.kappa, sk.cohen_kappa_score),
        ):  # fmt: skip
            theirs = function(true, alike, sample_weight=weight)
            np.testing.assert_allclose(ours, theirs, atol=1e-9)


@pytest.mark.parametrize("extra", [{}, {"sample_weight": WEIGHT}], ids=["plain", "weighted"])
def test_cut_and_merged_is_the_whole(extra):
    whole = everything(score(TRUE, SAID, **HOW, **extra))
    first = np.argsort(~MISSED, kind="stable")  # the first batches hold nothing but unknown ones
    for order in (np.arange(N), first, first[::-1]):
        parts = []
        for rows in np.array_split(order, 7):
            part = Accumulator("multiclass", **HOW)
            given_ = {name: value[rows] for name, value in extra.items()}
            part.update(TRUE[rows], SAID[rows], **given_)
            parts.append(part)
        total = parts[3]
        for part in parts[:3] + parts[4:]:
            total = total + pickle.loads(pickle.dumps(part))
        assert everything(total.compute()) == whole
    one = Accumulator("multiclass", **HOW)
    for row in range(N):
        one.update(TRUE[row : row + 1], SAID[row : row + 1],
                   **{name: value[row : row + 1] for name, value in extra.items()})  # fmt: skip
    assert everything(one.compute()) == whole


@given(st.data())
def test_any_options_and_cuts_count_as_one_more_label_that_is_never_true(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    names = data.draw(st.sampled_from([["b", "a", "d", "c"], [4, 2, 9], [0, 1, 2, 3, 4]]))
    odd = "" if isinstance(names[0], str) else -3
    size = data.draw(st.integers(2, 60))
    true = rng.choice(names[: data.draw(st.integers(1, len(names)))], size)
    pred = np.where(rng.random(size) < 0.3, odd, rng.choice(names, size))
    weight = rng.integers(1, 9, size) / 8 if data.draw(st.booleans()) else None
    options = {
        "beta": data.draw(st.sampled_from([1.0, 0.5, 3.0])),
        "zero_division": data.draw(st.sampled_from([0.0, 1.0, math.nan])),
        "confusion": data.draw(st.sampled_from([None, False])),
    }
    if data.draw(st.booleans()) and (true != names[0]).any():
        options["ignore_index"] = names[0]
    over = data.draw(st.sampled_from([None, "all", names[1:3]]))
    how = {"task": "multiclass", "classes": names, "unknown": "miss", **options}
    if over is not None:
        how["average_over"] = over
    gone = options.get("ignore_index")
    kept = np.ones(size, bool) if gone is None else true != gone
    seen = [n for n in names if n != gone and ((true == n) | (pred == n))[kept].any()]
    chosen = seen if over is None else [n for n in (names if over == "all" else over) if n != gone]
    s = score(true, pred, sample_weight=weight, **how)
    more = {**options, "classes": [*names, odd], "average_over": chosen, "task": "multiclass"}
    other = score(true, pred, sample_weight=weight, **more)
    numbers = s.to_dict()
    assert (
        numbers.pop("unknown")
        == s.unknown
        == (((pred == odd) & kept).sum() if weight is None else weight[(pred == odd) & kept].sum())
    )
    np.testing.assert_equal(numbers, other.to_dict())
    if options["confusion"] is None:
        np.testing.assert_array_equal(s.confusion, other.confusion[:-1])
    for kind in ("precision", "recall", "fbeta", "tp", "fp", "fn", "tn", "support"):
        np.testing.assert_array_equal(
            getattr(s.per_class, kind), getattr(other.per_class, kind)[:-1]
        )
    parts = []
    by_id = data.draw(st.booleans())
    for rows in np.array_split(rng.permutation(size), data.draw(st.integers(1, 4))):
        part = Accumulator(**how)
        ids = {"sample_id": rows} if by_id else {}
        part.update(
            true[rows], pred[rows], sample_weight=None if weight is None else weight[rows], **ids
        )
        parts.append(pickle.loads(pickle.dumps(part)))
    total = parts[0]
    for part in parts[1:]:
        total = part + total
    np.testing.assert_equal(total.compute().to_dict(), s.to_dict())


def test_without_unknown_predictions_everything_is_as_without_the_option():
    said = np.where(MISSED, TRUE, SAID)
    plain, s = (score(TRUE, said, classes=WORDS, unknown=how) for how in ("error", "miss"))
    assert s.unknown == 0
    assert s.to_dict() == plain.to_dict() | {"unknown": 0.0}
    assert s.confusion.tolist() == np.pad(plain.confusion, ((0, 0), (0, 1))).tolist()
    for metric in plain.to_dict():
        assert s.interval(metric) == plain.interval(metric)
    for kind in ("precision", "f1"):
        for name in WORDS:
            assert s.interval(kind, of=name) == plain.interval(kind, of=name)
    binary = TRUE == "cat", said == "cat"
    for metric in ("f1", "mcc", "f1_macro"):
        ends = [
            score(*(side.astype(int) for side in binary), task="binary", classes=2, unknown=how)
            .interval(metric) for how in ("error", "miss")
        ]  # fmt: skip
        assert ends[0] == ends[1]


NOTHING = {
    "None": None, "nan": float("nan"), "NaT": np.datetime64("NaT", "s"), "f4": np.float32("nan"),
}  # fmt: skip


@pytest.mark.parametrize("nothing", NOTHING.values(), ids=NOTHING)
def test_what_is_missing_is_refused_or_an_abstention(nothing):
    for true, pred, classes in (
        (["a", "b", "b"], ["a", nothing, "b"], ["a", "b"]),
        ([0, 1, 2], [0, nothing, 2], 3),
        ([5, 6, 7], [5, nothing, 7], [5, 6, 7]),
    ):
        with pytest.raises(F1Error, match=r"missing value|NaN|mixes"):
            score(true, pred, task="multiclass", classes=classes)
        s = score(true, pred, task="multiclass", classes=classes, unknown="miss")
        assert (s.unknown, s.accuracy) == (1, 2 / 3)
        a = Accumulator("multiclass", classes=classes, unknown="miss")
        for row in range(3):  # a batch of nothing but an abstention too
            a.update(true[row : row + 1], pred[row : row + 1])
        assert everything(a.compute()) == everything(s)
        with pytest.raises(F1Error, match="y_true"):
            score(pred, true, task="multiclass", classes=classes, unknown="miss")


def test_missing_values_of_libraries_are_abstentions():
    pandas, polars, pyarrow = map(pytest.importorskip, ("pandas", "polars", "pyarrow"))
    words, numbers = ["a", None, "b", "b"], [0, None, 1, 1]
    for pred in (
        words, np.array(words, object), pandas.Series(words), pandas.Series(words, dtype="string"),
        pandas.Series(words, dtype="category"), polars.Series(words), pyarrow.array(words),
        polars.Series(words, dtype=polars.Categorical), pyarrow.array(words).dictionary_encode(),
        pyarrow.table({"answer": words}),
        pyarrow.chunked_array([words[:1], words[1:]]), pandas.DataFrame({"answer": words}),
        np.ma.array(["a", "x", "b", "b"], mask=[0, 1, 0, 0]),
    ):  # fmt: skip
        s = score(["a", "a", "a", "b"], pred, classes=["a", "b"], unknown="miss")
        assert s.confusion.tolist() == [[1, 1, 1], [0, 1, 0]]
    for pred in (
        numbers, np.array([0, np.nan, 1, 1]), pandas.Series(numbers),
        pandas.Series(numbers, dtype="Int64"), polars.Series(numbers), pyarrow.array(numbers),
        np.array([0, np.nan, 1, 1], np.float16), np.ma.array([0, 0, 1, 1], mask=[0, 1, 0, 0]),
        [False, None, True, True],
    ):  # fmt: skip
        for task, classes in (("binary", 2), ("binary", ["no", "yes"]), ("multiclass", 2)):
            s = score([0, 0, 0, 1], pred, task=task, classes=classes, unknown="miss")
            assert s.confusion.tolist() == [[1, 1, 1], [0, 1, 0]]


def test_labels_are_compared_as_they_are():
    said = ["cat", "Cat", " cat", "cat ", "cat\n", "cat\0", "", "the answer is cat", "CAT"]
    s = score(["cat"] * 9, said, classes=["cat", "dog"], unknown="miss")
    assert s.unknown == 8
    assert score(["cat"] * 9, said, classes=["cat", ""], unknown="miss").unknown == 7
    long = ["x" * 5000, "cat"]
    assert score(["cat"] * 2, np.array(long), classes=["cat", "dog"], unknown="miss").unknown == 1


def test_numbers_of_every_kind():
    for dtype in (np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64, np.float32):
        true, pred = np.array([0, 1, 2, 2], dtype), np.array([0, 3, 100, 2], dtype)
        for classes in (3, [0, 1, 2], ["x", "y", "z"], {"x": 0, "y": 1, "z": 2}):
            s = score(true, pred, task="multiclass", classes=classes, unknown="miss")
            assert (s.unknown, s.accuracy) == (2, 0.5)
    huge = np.array([0, 2**64 - 1, 1], np.uint64)
    assert score([0, 1, 1], huge, classes=[0, 1], unknown="miss").unknown == 1
    assert score([0, 1, 1], [0, None, 2**64 - 1], classes=[0, 1], unknown="miss").unknown == 2
    onehot = np.eye(3, dtype=int)[[0, 1, 2, 2]]
    s = score(onehot, [0, 3, -1, 2], task="multiclass", classes=3, unknown="miss")
    assert (s.unknown, s.accuracy) == (2, 0.5)
    many = 300  # more than a byte holds, and more classes than a small matrix has
    true = RNG.integers(0, many, 2000)
    pred = np.where(RNG.random(2000) < 0.5, true, RNG.integers(0, 2 * many, 2000))
    s = score(true, pred, classes=many, unknown="miss")
    assert s.unknown == (pred >= many).sum()
    assert s.confusion.shape == (many, many + 1)
    bare = score(true, pred, classes=many, unknown="miss", confusion=False)
    assert bare.to_dict() == s.to_dict()
    assert score([0, 1], [0, 7], classes=1024, unknown="miss").confusion.shape == (1024, 1025)


def test_a_true_label_outside_of_the_classes_stays_refused():
    for true, pred, classes in (
        (["a", "zzz"], ["a", "zzz"], ["a", "b"]), ([0, 3], [0, 3], 3), ([5, 8], [5, 8], [5, 7]),
        ([0, 2], [0, 2], [0, 1]), ([0, -1], [0, -1], 3), ([0.0, np.nan], [0.0, np.nan], 3),
    ):  # fmt: skip
        with pytest.raises(F1Error, match=r"y_true is .* at row 1"):
            score(true, pred, task="multiclass", classes=classes, unknown="miss")
        a = Accumulator("multiclass", classes=classes, unknown="miss")
        a.update(true[:1], pred[:1])
        before = everything(a.compute())
        with pytest.raises(F1Error, match="y_true is "):
            a.update(true, pred)
        assert everything(a.compute()) == before
    with pytest.raises(F1Error, match=r"y_true is 3 at row 1, outside the 3 classes 0…2"):
        score([0, 3], [0, 3], classes=3, unknown="miss")


def test_ignored_rows_are_not_counted_as_unknown():
    true = np.where(np.arange(N) % 5, TRUE, "skip")
    s = score(true, SAID, ignore_index="skip", **HOW)
    kept = true != "skip"
    assert everything(s) == everything(score(TRUE[kept], SAID[kept], **HOW))
    gone = score(TRUE, SAID, ignore_index="dog", **HOW)
    assert gone.unknown == MISSED[TRUE != "dog"].sum()
    assert gone.included.tolist() == [True, False, True]
    for value in (3, -100):
        s = score([0, 1, value, 2], [0, 9, 9, 2], classes=3, ignore_index=value, unknown="miss")
        assert (s.unknown, s.total) == (1, 3)
    rows = np.eye(3, dtype=int)[[0, 1, 2, 2]]
    rows[3] = 3
    s = score(rows, [0, 9, 9, 2], task="multiclass", classes=3, ignore_index=3, unknown="miss")
    assert (s.unknown, s.total) == (2, 3)


def test_binary_tasks():
    for true, pred, how in (
        ([0, 1, 1, 0], [0, 1, 5, -1], {"classes": 2}),
        ([0, 1, 1, 0], [0, 1, 5, -1], {"classes": [0, 1]}),
        (["no", "yes", "yes", "no"], ["no", "yes", "Yes", None], {"classes": ["no", "yes"]}),
        (["no", "yes", "yes", "no"], ["no", "yes", "Yes", None],
         {"classes": ["yes", "no"], "pos_label": "yes"}),
        ([-1, 1, 1, -1], [-1, 1, 0, 7], {"classes": [-1, 1]}),
        ([0, 1, 1, 0], [0.0, 1.0, np.nan, 4.0], {"classes": 2}),
    ):  # fmt: skip
        s = score(true, pred, task="binary", unknown="miss", **how)
        assert s.task == "binary"
        assert s.confusion.tolist() == [[1, 0, 1], [0, 1, 1]]
        assert (s.binary.precision, s.binary.recall, s.unknown) == (1.0, 0.5, 2)
        assert s.binary.specificity == 1.0  # of two negatives neither is a false positive
        assert s.to_dict()["f1"] == 2 / 3
        a = Accumulator("binary", unknown="miss", **how)
        for row in (2, 3, 1, 0):
            a.update(true[row : row + 1], pred[row : row + 1])
        assert everything(a.compute()) == everything(s)
    # What is predicted does not change the task.
    for pred in ([0, 1], [0, 7]):
        assert score([0, 1], pred, classes=[0, 1], unknown="miss").task == "binary"


def test_it_is_used_or_refused():
    scores = np.eye(3)
    for message, refused in {
        "so these must be said: classes=": lambda: score([0, 1], [0, 1], unknown="miss"),
        r"classes=\[negative, positive\]": lambda: Accumulator("binary", unknown="miss"),
        r"must be said: classes=\[neg": lambda: score(
            ["a", "b"], ["a", "b"], pos_label="a", unknown="miss"
        ),
        "and the task is multilabel: leave it out": lambda: score(
            scores, scores, task="multilabel", classes=3, unknown="miss"
        ),
        "y_pred is .* leave it out": lambda: score([0, 1, 2], scores, classes=3, unknown="miss"),
        "0.3 at row 1": lambda: score([0, 1], [0.0, 0.3], classes=2, unknown="miss"),
        "one label a row, and top_k is 2": lambda: score(
            [0, 1, 2], scores, classes=3, top_k=2, unknown="miss"
        ),
        "threshold=0.3 is for scores": lambda: score(
            [0, 1], [0, 1], classes=2, threshold=0.3, unknown="miss"
        ),
        "unknown is 'ignore'; use one of": lambda: score([0], [0], classes=2, unknown="ignore"),
        "labels are strings on both sides": lambda: score(
            [0, 1], ["0", "1"], classes=2, unknown="miss"
        ),
        "mixes types": lambda: score([0, 1], [0, "no idea"], classes=2, unknown="miss"),
        "has no option unknown=": lambda: f1core.curve([0, 1], [0.1, 0.2], unknown="miss"),
        "unknown counts predicted labels": lambda: score([0, 1], [0, 1]).unknown,
        "metric is 'unknown'; use one of": lambda: score([0, 1], [0, 1]).metric("unknown"),
    }.items():
        with pytest.raises(F1Error, match=message):
            refused()
    with pytest.raises(IdleOption):
        score([0, 1, 2], scores, classes=3, unknown="miss")
    assert "unknown" not in score([0, 1], [0, 1]).to_dict()


def test_a_refused_prediction_says_what_would_count_it():
    with pytest.raises(F1Error, match=r"none of the classes .*; unknown='miss' counts it"):
        score(["a", "b"], ["a", "zzz"], classes=["a", "b"])
    with pytest.raises(F1Error, match=r"y_pred is 2 at row 1.*; unknown='miss' counts it"):
        score([0, 1], [0, 2], task="binary", classes=[0, 1])
    a = Accumulator("multiclass")
    a.update([0, 1], np.eye(2))
    with pytest.raises(F1Error, match=r"unknown='miss' and classes=\[…\] counts it as a miss"):
        a.update([0, 1], [0, 2])


def test_merges_need_the_same_option(tmp_path):
    a, b = (Accumulator("multiclass", classes=WORDS, unknown=how) for how in ("miss", "error"))
    a.update(TRUE, SAID)
    b.update(TRUE, TRUE)
    with pytest.raises(F1Error, match="unknown is 'miss' here and 'error' there"):
        a.merge(b)
    a.save(tmp_path / "a.npz")
    loaded = Accumulator.load(tmp_path / "a.npz")
    assert loaded == a
    assert loaded.width == 3  # classes
    assert everything((loaded + a).compute())["unknown"] == 2 * MISSED.sum()
    for other in (copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        assert everything(other.compute()) == everything(a.compute())
    s = a.compute()
    assert everything(pickle.loads(pickle.dumps(s))) == everything(s)
    b.save(tmp_path / "b.npz")  # which an older version can read
    with np.load(tmp_path / "b.npz") as arrays:
        assert "unknown" not in json.loads(arrays["options"].tobytes())


def test_a_state_whose_truth_is_unknown_is_refused(tmp_path):
    from f1core import state

    for ids in (None, np.arange(N)):
        a = Accumulator("multiclass", **HOW)
        a.update(TRUE, SAID, sample_id=ids)
        kept = a.__getstate__()
        if ids is None:
            kept["counts"].confusion[3, 0] = 1
        else:
            rows = kept["dedup"].rows()
            rows.truth[5] = 4
        state.save(tmp_path / "s.npz", kept)
        with pytest.raises(F1Error, match="a true label that is none of its classes"):
            Accumulator.load(tmp_path / "s.npz")


def test_rows_with_ids_count_once():
    ids = np.arange(N)
    a, b = Accumulator("multiclass", **HOW), Accumulator("multiclass", **HOW)
    a.update(TRUE[:300], SAID[:300], sample_id=ids[:300])
    b.update(TRUE[200:], SAID[200:], sample_id=ids[200:])
    assert everything((a + b).compute()) == everything(score(TRUE, SAID, **HOW))
    # Of several predictions that of the earlier class counts: an unknown one is the last.
    for order in ([0, 1], [1, 0]):
        c = Accumulator("multiclass", **HOW)
        for said in np.array([["zzz"], ["dog"]])[order]:
            c.update(["dog"], said, sample_id=[7])
        assert c.compute().accuracy == 1.0


def test_groups():
    groups = np.arange(N) % 3
    for extra in ({}, {"sample_weight": WEIGHT}, {"resamples": 20, "seed": 1}):
        by = score_by(groups, TRUE, SAID, **HOW, **extra)
        for group, scores in by.items():
            rows = groups == group
            own = {k: v[rows] if isinstance(v, np.ndarray) else v for k, v in extra.items()}
            alone = score(TRUE[rows], SAID[rows], **HOW, **own)
            assert everything(scores) == everything(alone)
    said = ["cat", None, "dog", "dog"]
    by = score_by([0, 0, 1, 1], ["cat", "cat", "dog", "dog"], said, **HOW)
    assert [scores.unknown for scores in by.values()] == [1, 0]


def test_resamples_hold_unknown_predictions():
    s = score(TRUE, SAID, resamples=300, seed=3, **HOW)
    plain = score(TRUE, SAID, **HOW)
    assert everything(s) == everything(plain)
    weighted = score(TRUE, SAID, sample_weight=np.ones(N), resamples=300, seed=3, **HOW)
    share = MISSED.mean()
    spread = 1.96 * N * (share * (1 - share) / N) ** 0.5
    for one, method in (
        (s, "bootstrap"),
        (plain, "bootstrap"),
        (plain, "auto"),
        (weighted, "auto"),
    ):
        low, high = one.interval("unknown", method=method)
        assert low < s.unknown < high
        assert 0.75 < (high - low) / (2 * spread) < 1.35
        for metric in ("accuracy", "f1_macro", "f1_micro", "mcc", "kappa", "precision_weighted"):
            low, high = one.interval(metric, method=method)
            assert low < s.metric(metric) < high
            assert high - low < 0.2
    for ratio in ("precision", "recall"):
        low, high = plain.interval(ratio, of="cat")
        assert low < getattr(plain.per_class, ratio)[0] < high
    low, high = plain.interval("f1_micro", method="delta")
    assert low < plain.micro.f1 < high
    with pytest.raises(F1Error, match="of is 3; use one of 'cat', 'dog', 'cow'"):
        plain.interval("f1", of=3)


def test_intervals_are_those_of_one_more_label_that_no_average_looks_at():
    alike = np.where(MISSED, "zzz", SAID)
    other = score(TRUE, alike, classes=[*WORDS, "zzz"], average_over=WORDS)
    s = score(TRUE, SAID, average_over=WORDS, **HOW)
    for metric in (
        "accuracy",
        "f1_macro",
        "f1_micro",
        "recall_weighted",
        "mcc",
        "specificity_macro",
    ):
        for method in ("auto", "bootstrap"):
            assert s.interval(metric, method=method) == other.interval(metric, method=method)


def test_compare():
    other = np.where(RNG.random(N) < 0.8, TRUE, None)
    found = compare(TRUE, SAID, other, metric="f1_macro", seed=0, resamples=400, **HOW)
    a, b = score(TRUE, SAID, **HOW), score(TRUE, other, **HOW)
    assert (found.a, found.b) == (a.macro.f1, b.macro.f1)
    assert found.interval[0] < found.difference < found.interval[1]
    count = compare(TRUE, SAID, other, metric="unknown", seed=0, resamples=400, **HOW)
    assert count.difference == a.unknown - b.unknown
    low, high = count.interval
    assert low < count.difference < high
    assert 10 < high - low < 100
    turned = compare(TRUE, other, SAID, metric="unknown", seed=0, resamples=400, **HOW)
    np.testing.assert_allclose(turned.interval, (-high, -low))
    # Scores on one side predict a class always.
    ids = np.array([WORDS.index(t) for t in TRUE])
    scores = np.eye(3)[ids] * 0.5 + RNG.random((N, 3))
    mixed = compare(TRUE, scores, SAID, metric="accuracy", seed=0, resamples=400, **HOW)
    assert mixed.a == score(TRUE, scores, classes=WORDS).accuracy
    assert mixed.b == a.accuracy
    with pytest.raises(F1Error, match="unknown='miss' is for predicted labels, and pred_a"):
        compare(TRUE, scores, scores, metric="accuracy", **HOW)
    same = [compare(TRUE, TRUE, np.roll(TRUE, 1), metric="f1_macro", seed=0, classes=WORDS,
                    resamples=200, unknown=how) for how in ("miss", "error")]  # fmt: skip
    assert same[0] == same[1]


def test_a_report_says_how_many():
    s = score(TRUE, SAID, **HOW)
    assert f"unknown {MISSED.sum()}" in str(s)
    assert f"unknown={MISSED.sum()}" in repr(s)
    assert f"unknown <b>{MISSED.sum()}</b>" in s._repr_html_()
    assert "unknown" not in str(score(TRUE, TRUE))
    assert s.classes == WORDS
    np.testing.assert_allclose(s.confusion_matrix("true").sum(axis=1), 1.0)
    shares = s.confusion_matrix("pred")
    np.testing.assert_allclose(shares.sum(axis=0), 1.0)
    assert shares.shape == (3, 4)


def test_tables_and_frames():
    s = score(TRUE, SAID, **HOW)
    found = s.to_dict(per_class=True)
    assert json.loads(json.dumps(found)) == found
    assert (found["classes"], found["unknown"]) == (WORDS, MISSED.sum())
    assert np.array(found["confusion"]).shape == (3, 4)
    each, expected = found["per_class"], brute(TRUE, SAID, WORDS)
    for place, name in enumerate(WORDS):
        assert tuple(each[kind][place] for kind in ("tp", "fp", "fn")) == expected[name]
        assert sum(each[kind][place] for kind in ("tp", "fp", "fn", "tn")) == N
    pairs = s.most_confused(100)
    assert sum(pair.count for pair in pairs) == N - (TRUE == SAID).sum()
    assert sum(pair.count for pair in pairs if pair.predicted is None) == s.unknown
    frame = pytest.importorskip("pandas") and s.to_frame()
    assert frame["class"].dropna().tolist() == WORDS
    assert frame["fn"].dropna().sum() == N - (TRUE == SAID).sum()


def test_rows_behind_the_cells():
    ids = np.arange(N)
    np.testing.assert_array_equal(f1core.rows(TRUE, SAID, outcome="unknown", **HOW), ids[MISSED])
    dogs = MISSED & (TRUE == "dog")
    found = f1core.rows(TRUE, SAID, outcome="unknown", label="dog", **HOW)
    np.testing.assert_array_equal(found, ids[dogs])
    lost = f1core.rows(TRUE, SAID, outcome="fn", label="dog", **HOW)
    np.testing.assert_array_equal(lost, ids[(TRUE == "dog") & (SAID != "dog")])
    cell = f1core.rows(TRUE, SAID, true="dog", predicted="cat", **HOW)
    np.testing.assert_array_equal(cell, ids[(TRUE == "dog") & (SAID == "cat")])
    how = {"task": "binary", "classes": 2, "unknown": "miss"}
    assert f1core.rows([0, 1, 1], [0, 5, None], outcome="unknown", **how).tolist() == [1, 2]
    assert f1core.rows([0, 1, 1], [0, 5, None], outcome="fn", **how).tolist() == [1, 2]
    with pytest.raises(F1Error, match="outcome='unknown' is of unknown='miss'"):
        f1core.rows(TRUE, TRUE, outcome="unknown", classes=WORDS)
    with pytest.raises(F1Error, match="label is 3; use one of 'cat', 'dog', 'cow'"):
        f1core.rows(TRUE, SAID, outcome="unknown", label=3, **HOW)


def test_rows_of_files(tmp_path, capsys):
    from f1core.cli import main

    true, pred, classes = FEW["words"]
    path = written(tmp_path / "rows.parquet", true, pred)
    found = f1core.files.rows(path, target="y", probabilities="p", classes=classes,
                              outcome="unknown", unknown="miss")  # fmt: skip
    assert [(row.row, row.columns["p"]) for row in found] == [(1, None), (2, "a dog")]
    assert main(["rows", str(path), "--target", "y", "--probabilities", "p", "--classes",
                 "cat,dog,cow", "--unknown", "miss", "--outcome", "unknown"]) == 0  # fmt: skip
    assert "a dog" in capsys.readouterr().out


def test_nothing_but_unknown_predictions():
    s = score(["a", "b"], ["x", None], classes=["a", "b"], unknown="miss")
    assert (s.unknown, s.accuracy, s.macro.f1, s.micro.precision) == (2, 0.0, 0.0, 0.0)
    assert (s.mcc, s.kappa, s.balanced_accuracy) == (0.0, 0.0, 0.0)
    for metric in s.to_dict():
        low, high = s.interval(metric)
        assert low <= s.metric(metric) <= high


# ---- files and the command line ----------------------------------------------------------


FEW = {
    "words": (["cat", "dog", "dog", "cow"], ["cat", None, "a dog", "dog"], WORDS),
    "numbers": ([0, 1, 1, 2], [0, None, 7, 1], 3),
    "named numbers": ([5, 6, 6, 7], [5, None, 8, 6], [5, 6, 7]),
}
MATRIX = [[1, 0, 0, 0], [0, 0, 0, 2], [0, 1, 0, 0]]


def written(path, true, pred):
    """The rows in a file of the kind that its name says."""
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"y": true, "p": pa.array(pred)})
    kind = path.suffix
    if kind == ".parquet":
        import pyarrow.parquet

        pyarrow.parquet.write_table(table, path)
    elif kind == ".arrow":
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    elif kind == ".csv":
        rows = [f"{t},{'' if p is None else p}" for t, p in zip(true, pred, strict=True)]
        path.write_text("\n".join(["y,p", *rows]) + "\n")
    else:
        rows = [json.dumps({"y": t, "p": p}) for t, p in zip(true, pred, strict=True)]
        path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("kind", ["parquet", "arrow", "csv", "jsonl"])
@pytest.mark.parametrize("few", FEW)
def test_files(tmp_path, kind, few):
    true, pred, classes = FEW[few]
    how = {"target": "y", "probabilities": "p", "classes": classes, "task": "multiclass"}
    path = written(tmp_path / f"rows.{kind}", true, pred)
    s = f1core.files.score(path, unknown="miss", **how)
    assert s.confusion.tolist() == MATRIX
    assert s.unknown == 2
    # The rows in two files, one of which holds no prediction at all.
    parts = [written(tmp_path / f"{n}.{kind}", true[rows], pred[rows])
             for n, rows in enumerate((slice(1, 2), slice(0, 1), slice(2, 4)))]  # fmt: skip
    assert everything(f1core.files.score(parts, unknown="miss", **how)) == everything(s)
    by = f1core.files.score(path, unknown="miss", group="y", **how)
    assert {name: scores.unknown for name, scores in by.items()}[true[1]] == 2
    with pytest.raises(F1Error, match=r"column p is (null|empty) at row 1|p is .*, none|y_pred"):
        f1core.files.score(path, **how)
    turned = {"target": "p", "probabilities": "y"}
    with pytest.raises(F1Error, match=r"column p is (null|empty) at row 1"):
        f1core.files.score(path, unknown="miss", **{**how, **turned})


def test_cells_of_text_files(tmp_path):
    path = tmp_path / "rows.csv"
    how = {"target": "y", "probabilities": "p", "unknown": "miss", "task": "multiclass"}
    for rows, classes, unknown in (
        (["0,0", "1,NA", "1,", "2,1"], 3, 2),
        (["0,0.0", "1,nan", "1,7.0", "2,1.0"], 3, 2),
        (["0,None", "1,null", "1,NaN"], 2, 3),
        (["a,a", "b,NA", "b,", "b,b"], ["a", "b"], 2),
        (["a,a", "b,NA", "b,", "b,b"], ["a", "b", "NA"], 1),
        (["01,01", "02,1", "02,02"], ["01", "02"], 1),
        (["a,a", 'b,"no, I cannot say"', "b,b"], ["a", "b"], 1),
    ):
        path.write_text("\n".join(["y,p", *rows]) + "\n")
        s = f1core.files.score(path, classes=classes, **how)
        assert (s.unknown, s.total) == (unknown, len(rows))
    path.write_text("y,p\ncat,cat\ndog, dog\ncat,cat \n")  # no label is mended
    assert f1core.files.score(path, classes=["cat", "dog"], **how).unknown == 2
    path.write_text("y,p\n0,0\n1,0.5\n")
    with pytest.raises(F1Error, match=r"0\.5 at row 1"):
        f1core.files.score(path, classes=2, **how)
    # A long first part of numbers alone.
    path.write_text("y,p\n" + "0,0\n" * 300_000 + "1,\n")
    assert f1core.files.score(path, classes=2, **how).unknown == 1


@pytest.mark.parametrize("classes", [[0, 1], 2])
def test_inventions_among_numbers_of_text_files_leave_the_target_numbers(tmp_path, capsys, classes):
    from f1core.cli import main

    path = tmp_path / "rows.csv"
    how = {"target": "y", "probabilities": "p", "classes": classes, "unknown": "miss"}
    said = ["0", "refused", "1", "", " 1", "1.0", "01", "yes, 1", "1e+00", "NA", "-1"]
    known = [0, None, 1, None, 1, 1, None, None, None, None, None]
    true = [0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 0]
    cells = [f'{t},"{p}"' for t, p in zip(true, said, strict=True)]
    path.write_text("\n".join(["y,p", *cells]) + "\n")
    for task in (None, "multiclass", "binary"):
        s = f1core.files.score(path, task=task, **how)
        expected = score(true, np.array(known, dtype=object), classes=classes, task=task,
                         unknown="miss")  # fmt: skip
        assert everything(s) == everything(expected)
        assert s.classes == [0, 1]
    found = f1core.files.rows(path, outcome="unknown", **how)
    shown = {place: said[place] or None for place, label in enumerate(known) if label is None}
    assert {row.row: row.columns["p"] for row in found} == {**shown, said.index("-1"): -1}
    args = ["score", str(path), "--target", "y", "--probabilities", "p", "--unknown", "miss",
            "--classes", "0,1" if classes != 2 else "2", "--format", "json"]  # fmt: skip
    assert main(args) == 0
    assert json.loads(capsys.readouterr().out)["unknown"] == known.count(None)
    # Words after many rows of numbers, and files of one kind each.
    many = "0,0\n1,1\n" * 200_000
    path.write_text(f"y,p\n{many}1,refused\n")
    s = f1core.files.score(path, **how)
    assert (s.unknown, s.total) == (1, 400_001)
    (tmp_path / "a.csv").write_text("y,p\n0,0\n1,1\n")
    (tmp_path / "b.csv").write_text("y,p\n0,no\n1,\n")
    for names in ("ab", "ba"):
        s = f1core.files.score([tmp_path / f"{name}.csv" for name in names], **how)
        assert s.confusion.tolist() == [[1, 0, 1], [0, 1, 1]]


def test_inventions_do_not_hide_what_is_wrong_with_a_text_file(tmp_path):
    path = tmp_path / "rows.csv"
    how = {"target": "y", "probabilities": "p", "unknown": "miss"}
    for rows, classes, sentence in (
        (["0,zero", "1,one"], [0, 1], "holds words and target holds numbers"),
        (["0,0", "one,one"], [0, 1], "target holds strings, classes are numbers"),
        (["0,0", "1,0.5", "1,no"], [0, 1], "no' at row 2, and fractions elsewhere"),
        (["0,0", "1,cat"], ["dog", "cat"], "'0'"),
    ):
        path.write_text("\n".join(["y,p", *rows]) + "\n")
        with pytest.raises(F1Error, match=sentence):
            f1core.files.score(path, classes=classes, **how)
    path.write_text("y,p\n0,0\n1,refused\n")
    s = f1core.files.score(path, classes=["0", "1"], **how)
    assert (s.classes, s.unknown) == (["0", "1"], 1)


def test_the_command_line(tmp_path, capsys):
    from f1core.cli import main

    true, pred, _ = FEW["words"]
    paths = [written(tmp_path / f"{n}.csv", true[n:], pred[n:]) for n in range(2)]
    how = ["--target", "y", "--probabilities", "p", "--classes", "cat,dog,cow"]
    states = [str(tmp_path / f"{n}.npz") for n in range(2)]
    for path, state in zip(paths, states, strict=True):
        args = ["score", str(path), *how, "--unknown", "miss", "--save", state, "--format", "json"]
        assert main(args) == 0
        assert json.loads(capsys.readouterr().out)["unknown"] == 2
    assert main(["merge", *states]) == 0
    assert "unknown 4" in capsys.readouterr().out
    assert main(["score", str(paths[0]), *how, "--unknown", "miss"]) == 0
    assert "unknown 2" in capsys.readouterr().out
    assert main(["score", str(paths[0]), "--target", "y", "--probabilities", "p",
                 "--unknown", "miss"]) == 2  # fmt: skip
    assert "--unknown miss counts" in capsys.readouterr().err
    assert main(["score", str(paths[0]), *how, "--empty-labels"]) == 2
    assert "; --unknown miss counts it as a miss" in capsys.readouterr().err


def test_pictures(tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    from f1core import plots

    s = score(TRUE, SAID, **HOW)
    ax = plots.confusion(s)
    assert [text.get_text() for text in ax.get_xticklabels()] == [*WORDS, "unknown"]
    assert [text.get_text() for text in ax.get_yticklabels()] == WORDS
    assert ax.images[0].get_array().shape == (3, 4)
    names = [text.get_text() for text in plots.per_class(s).get_yticklabels()]
    assert sorted(names) == sorted(WORDS)
    many = score(np.arange(40), np.arange(40) + 1, classes=40, unknown="miss")
    assert plots.confusion(many).images[0].get_array().shape == (40, 41)
