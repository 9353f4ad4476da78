"""Columns that have names are matched by name, whatever their order."""

import pickle
import threading

import numpy as np
import pytest

import f1core
from f1core import (
    Accumulator,
    BinnedThresholds,
    F1Error,
    best_threshold,
    compare,
    files,
    score,
    score_by,
)

pd = pytest.importorskip("pandas")
pyarrow = pytest.importorskip("pyarrow")
RNG = np.random.default_rng(0)
WORDS = np.array(["ant", "bee", "cat", "dog"])
ODD = ["dog", "bee", "ant", "cat"]  # another order
TRUE, PRED = RNG.integers(0, 4, 300), RNG.dirichlet(np.ones(4), 300)
PRED[np.arange(300), TRUE] += 0.3  # better than chance
PRED /= PRED.sum(axis=1, keepdims=True)
FLAGS = (PRED > 0.3).astype(int)
FLAGS[:, 0] = TRUE == 0
FRAME, TRUTH = pd.DataFrame(PRED, columns=WORDS), pd.DataFrame(FLAGS, columns=WORDS)
MULTICLASS, MULTILABEL = score(TRUE, PRED), score(FLAGS, PRED, task="multilabel")
MANY = RNG.dirichlet(np.ones(12), 500)
OF_MANY = MANY.argmax(axis=1)
OF_MANY[::3] = RNG.integers(0, 12, len(OF_MANY[::3]))
EXPECTED = score(OF_MANY, MANY)


def as_frame(kind, frame):
    """The columns of a pandas frame, as another library holds them."""
    if kind == "polars":
        return pytest.importorskip("polars").DataFrame(dict(frame.items()))
    if kind == "records":
        return frame.to_records(index=False)
    if kind == "pandas":
        return frame
    pa = pytest.importorskip("pyarrow")
    table = pa.table({str(name): frame[name].to_numpy() for name in frame.columns})
    return table if kind == "table" else table.to_batches()[0]


class Meanwhile:
    """An array that lets another thread do something while it is read for the first time."""

    def __init__(self, array, act):
        self.array, self.act, self.done = array, act, False

    def __array__(self, dtype=None, copy=None):
        if not self.done:
            self.done = True
            thread = threading.Thread(target=self.act)
            thread.start()
            thread.join()
        return np.asarray(self.array)


EEL = np.array([*WORDS[:3], "eel"])
FIRST = {  # batches: what they say of the classes
    "columns": (WORDS[TRUE], FRAME),
    "columns in another order": (WORDS[TRUE], FRAME[ODD]),
    "other columns": (EEL[TRUE], FRAME.set_axis(EEL, axis=1)),
    "four numbers": (TRUE, PRED),
    "twelve numbers": (OF_MANY[:300], MANY[:300]),
    "labels": (TRUE, PRED.argmax(axis=1)),
}


def told(accumulator, *arrays, **more):
    """What an update says: nothing, or why the batch is refused."""
    try:
        accumulator.update(*arrays, **more)
    except F1Error as error:
        return str(error)
    return None


def same(found, expected=MULTICLASS):
    """Equal but for the order in which classes are summed."""
    assert found.to_dict() == pytest.approx(expected.to_dict(), abs=1e-12)


def numbered(names):
    """The scores of 12 classes under names that end in their numbers, as sorting leaves them."""
    return pd.DataFrame(MANY, columns=list(names))[sorted(names)]


class TestFrames:
    @pytest.mark.parametrize("kind", ["pandas", "polars", "table", "batch", "records"])
    def test_the_order_of_columns_does_not_matter(self, kind):
        frame = as_frame(kind, FRAME[ODD])
        same(score(TRUE, frame, classes=WORDS))
        same(score(WORDS[TRUE], frame, classes=list(WORDS)))
        found = score(WORDS[TRUE], frame)
        same(found)
        assert found.classes == ODD
        truth = as_frame(kind, TRUTH)
        same(score(truth, frame, task="multilabel"), MULTILABEL)
        same(score(truth, frame, task="multilabel", classes=WORDS), MULTILABEL)

    def test_two_classes_the_other_way_round(self):
        frame = pd.DataFrame({"b": [0.1, 0.8, 0.3], "a": [0.9, 0.2, 0.7]})
        assert score(["a", "b", "a"], frame, classes=["a", "b"]).accuracy == 1.0
        assert score([0, 1, 0], frame, classes=["a", "b"]).accuracy == 1.0
        assert score([0, 1, 0], frame.to_numpy(), classes=["a", "b"]).accuracy == 0.0

    def test_names_without_classes_name_the_classes(self):
        found = score(TRUE, FRAME)
        assert found.classes == list(WORDS)
        assert "dog" in str(found) and "dog" in found._repr_html_()
        assert score(TRUE, FRAME, classes=4).classes == list(WORDS)
        assert score(TRUTH, PRED, task="multilabel").classes == list(WORDS)
        assert score(FLAGS, FRAME, task="multilabel", average_over=["bee"]).included.tolist() == [
            False, True, False, False,
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "names",
        [
            [f"p_{i}" for i in range(12)],
            [f"p_{i:02}" for i in range(12)],
            [f"prob_{i}_v2" for i in range(12)],
            [f"class-{i}" for i in range(12)],
            [str(i) for i in range(12)],
        ],
        ids=lambda names: names[1],
    )
    def test_numbers_are_numbers(self, names):
        frame = numbered(names)
        for options in (
            {},
            {"classes": 12},
            {"classes": range(12)},
            {"classes": list("abcdefghijkl")},
        ):
            found = score(OF_MANY, frame, **options)
            assert found.to_dict() == EXPECTED.to_dict()
        truth = np.eye(12, dtype=int)[OF_MANY]
        same(score(truth, frame, task="multiclass"), EXPECTED)

    def test_numbers_that_are_columns_of_pandas(self):
        frame = pd.DataFrame(PRED)
        for options in ({}, {"classes": 4}, {"classes": WORDS}):
            same(score(TRUE, frame[[2, 0, 3, 1]], **options))
            same(score(TRUE, frame, **options))
        shifted = pd.DataFrame(PRED, columns=[11, 12, 13, 14])[[13, 11, 14, 12]]
        found = score(TRUE + 11, shifted)
        same(found)
        assert found.classes == [11, 12, 13, 14]
        same(score(TRUE + 11, shifted, classes=[11, 12, 13, 14]))
        with pytest.raises(F1Error, match=r"say classes=\[11, 12, 13, 14\]"):
            score(TRUE + 11, shifted, classes=4)
        same(score(TRUE, pd.DataFrame(PRED, columns=["a", "b", "c", "d"]).to_numpy()))

    def test_negative_numbers_and_booleans(self):
        values = np.array([-10, -2, 1, 3])
        frame = pd.DataFrame(PRED, columns=[f"p_{v}" for v in values])
        same(score(values[TRUE], frame[sorted(frame.columns)], classes=values))
        same(score(values[TRUE], frame[sorted(frame.columns)]))
        two = pd.DataFrame({True: [0.2, 0.7], False: [0.8, 0.3]})
        assert score([0, 1], two).accuracy == 1.0
        assert score(np.array([False, True]), two, classes=[False, True]).accuracy == 1.0

    @pytest.mark.parametrize("names", [["p_²", "p_1"], ["p_", "p_x"], ["", "p"], ["p_1_0", "p_2"]])
    def test_what_is_no_number_is_a_plain_name(self, names):
        frame = pd.DataFrame([[0.9, 0.1], [0.2, 0.8]], columns=names)
        found = score([0, 1], frame)
        assert found.accuracy == 1.0 and found.classes == names

    @pytest.mark.parametrize(
        ("left", "right"),
        [("true_{}", "p_{}"), ("kind_{}", "{}"), ("{}", "prob {}"), ("{}_true", "{}_prob"),
         ("true_x_{}", "p_x_{}"), ("y_{}", "y_{}")],
    )  # fmt: skip
    def test_what_all_columns_share_is_no_part_of_a_name(self, left, right):
        truth = TRUTH.rename(columns=left.format)
        frame = FRAME[ODD].rename(columns=right.format)
        same(score(truth, frame, task="multilabel"), MULTILABEL)
        same(score(truth, frame, task="multilabel", classes=WORDS), MULTILABEL)
        same(score(WORDS[TRUE], frame))
        same(score(WORDS[TRUE], frame, classes=WORDS))
        found = score(truth, frame, task="multilabel").classes
        assert [name.rpartition("_")[2] for name in found] == ODD

    def test_names_that_start_alike_keep_their_letters(self):
        frame = pd.DataFrame({"p_car": [0.9, 0.2], "p_cat": [0.1, 0.8]})
        truth = pd.DataFrame({"cat": [0, 1], "car": [1, 0]})
        found = score(truth, frame, task="multilabel")
        assert found.exact_match == 1.0 and found.classes == ["car", "cat"]
        assert score(["car", "cat"], frame).classes == ["car", "cat"]

    def test_one_hot_frames(self):
        onehot = pd.get_dummies(pd.Series(WORDS[TRUE]), prefix="kind")
        assert list(onehot) == [f"kind_{word}" for word in WORDS]
        same(score(onehot, FRAME[ODD], task="multiclass"))
        same(score(onehot, FRAME[ODD].add_prefix("p_"), task="multiclass", classes=WORDS))
        labels = pd.Series(WORDS[PRED.argmax(axis=1)])
        same(score(onehot[onehot.columns[::-1]], labels, task="multiclass"))
        found = score(onehot, FRAME[ODD], task="multilabel", threshold=0.4)
        same(found, score(np.eye(4, dtype=int)[TRUE], PRED, task="multilabel", threshold=0.4))

    def test_levels_that_all_columns_share(self):
        both = pd.concat({"p": FRAME[ODD], "true": TRUTH}, axis=1)
        same(score(both[["true"]], both[["p"]], task="multilabel"), MULTILABEL)
        frame = FRAME.copy()
        frame.columns = pd.MultiIndex.from_arrays([[1, 2, 1, 2], WORDS])
        with pytest.raises(F1Error, match=r"y_pred has columns of 2 levels.*get_level_values"):
            score(TRUE, frame)

    @pytest.mark.parametrize(
        ("truth", "frame", "options", "words"),
        [
            (TRUE, FRAME.rename(columns={"ant": "emu"}), {"classes": WORDS}, "class 'ant'"),
            (TRUE, FRAME.rename(columns=str.upper), {"classes": WORDS}, "other columns"),
            (TRUE, FRAME[ODD[:3]], {"classes": WORDS}, "class 'cat'"),
            (TRUTH, FRAME.rename(columns={"ant": "emu"}), {"task": "multilabel"}, "'emu'"),
            (TRUTH, FRAME.rename(columns=str.upper), {"task": "multilabel"}, "other columns"),
            (TRUTH.rename(columns={"ant": "emu"}), PRED,
             {"task": "multilabel", "classes": WORDS}, "y_true has no column for class 'ant'"),
            (TRUE, pd.concat([FRAME, FRAME[["ant"]]], axis=1), {}, "2 columns 'ant'"),
            (TRUE, pd.DataFrame(PRED, columns=["p_1", "p_01", "p_2", "p_0"]), {}, "'p_01', 'p_1'"),
            (FLAGS, pd.DataFrame(PRED, columns=[3, 1, 2, 4]), {"task": "multilabel"}, "order"),
        ],
    )  # fmt: skip
    def test_contradicting_names_are_refused(self, truth, frame, options, words):
        with pytest.raises(F1Error, match=words) as caught:
            score(truth, frame, **options)
        assert "\n" not in str(caught.value)

    def test_a_count_that_is_not_that_of_the_columns_is_refused(self):
        for classes in (3, 5):
            with pytest.raises(F1Error, match=f"4 columns, there are {classes} classes"):
                score(TRUE, FRAME, classes=classes)

    def test_by_position_with_plain_arrays(self):
        frame = FRAME.rename(columns=str.upper)
        same(score(TRUE, frame.to_numpy(), classes=WORDS))
        same(score(TRUE, pd.DataFrame(PRED), classes=WORDS))
        pl = pytest.importorskip("polars")
        same(score(TRUE, pl.from_numpy(PRED), classes=WORDS))
        same(score(TRUE, pl.from_numpy(PRED)[["column_1", "column_0", "column_3", "column_2"]]))

    def test_structured_arrays(self):
        records = FRAME[ODD].astype("f4").to_records(index=False)
        same(score(TRUE, records, classes=WORDS), score(TRUE, PRED.astype("f4")))
        plain = np.zeros(2, dtype=[("f0", float), ("f1", float)])
        assert score([0, 0], plain).classes == [0, 1]
        with pytest.raises(F1Error, match="text and of numbers"):
            score([0, 1], np.array([("a", 0.5)] * 2, dtype=[("a", "U1"), ("b", float)]))


class TestBatches:
    def test_the_first_batch_names_the_classes(self):
        a = Accumulator("multiclass")
        a.update(WORDS[TRUE[:100]], FRAME[:100])
        a.update(WORDS[TRUE[100:200]], FRAME[ODD][100:200].add_prefix("p_"))
        a.update(TRUE[200:], FRAME[ODD][200:])
        assert a.compute().to_dict() == MULTICLASS.to_dict()
        assert a.compute().classes == list(WORDS)
        assert pickle.loads(pickle.dumps(a)) == a

    def test_a_refused_batch_names_nothing(self):
        a = Accumulator("multilabel")
        with pytest.raises(F1Error):
            a.update(TRUTH + 5, FRAME[ODD])
        a.update(TRUTH, FRAME)
        assert a.compute().classes == list(WORDS)
        before = a.compute().to_dict()
        with pytest.raises(F1Error, match="class 'ant'"):
            a.update(TRUTH, FRAME.rename(columns={"ant": "emu"}))
        assert a.compute().to_dict() == before

    def test_reset_forgets_the_names(self):
        a = Accumulator("multiclass")
        a.update(TRUE, FRAME)
        a.reset()
        a.update(TRUE, FRAME.rename(columns=str.upper))
        assert a.compute().classes == [word.upper() for word in WORDS]

    def test_names_after_rows_without_any_are_refused(self):
        a = Accumulator("multilabel")
        a.update(FLAGS, PRED)
        with pytest.raises(F1Error, match="earlier rows came without names of columns"):
            a.update(TRUTH, FRAME)
        with pytest.raises(F1Error, match="earlier rows came without names of columns"):
            a.update(TRUTH, FRAME, sample_weight=np.ones(300))

    def test_columns_without_names_after_named_ones_are_refused(self):
        a, b = Accumulator("multilabel"), BinnedThresholds("multilabel")
        for one in (a, b):
            one.update(TRUTH, FRAME[ODD])
            for truth, scores in ((FLAGS, FRAME), (TRUTH, PRED), (FLAGS, PRED)):
                with pytest.raises(F1Error, match=r"those of y_\w+ have none: name them"):
                    one.update(truth, scores)
        same(a.compute(), MULTILABEL)
        with pytest.raises(F1Error, match="those of y_pred have none"):
            a.update(TRUTH, PRED, sample_weight=np.ones(300))
        named = Accumulator("multilabel", classes=WORDS)
        named.update(TRUTH, FRAME[ODD])
        named.update(FLAGS, PRED)
        assert named.compute().macro.f1 == MULTILABEL.macro.f1

    def test_threads_settle_the_classes_once(self):
        from concurrent.futures import ThreadPoolExecutor

        for _ in range(20):
            a = Accumulator("multiclass")
            orders = [ODD, list(WORDS), list(WORDS)[::-1]] * 2
            with ThreadPoolExecutor(6) as pool:
                list(pool.map(lambda order: a.update(WORDS[TRUE], FRAME[order]), orders))  # noqa: B023
            assert a.compute().accuracy == MULTICLASS.accuracy
            assert a.compute().total == 6 * 300

    @pytest.mark.parametrize("ids", [False, True])
    @pytest.mark.parametrize("other", FIRST)
    @pytest.mark.parametrize("one", FIRST)
    def test_another_threads_first_batch_is_as_if_it_came_before(self, one, other, ids):
        options, more = {"task": "multiclass"}, [{}, {}]
        if ids:
            more = [{"sample_id": np.arange(300) + start} for start in (0, 300)]
        before, between = (Accumulator(**options) for _ in range(2))
        told(before, *FIRST[other], **more[1])
        expected = told(before, *FIRST[one], **more[0])
        true, pred = FIRST[one]
        slow = Meanwhile(true, lambda: told(between, *FIRST[other], **more[1]))
        assert told(between, slow, pred, **more[0]) == expected
        assert slow.done and between == before

    def test_merged_accumulators_agree_in_their_names(self):
        a, b, c = (Accumulator("multiclass") for _ in range(3))
        a.update(TRUE[:100], FRAME[:100])
        b.update(TRUE[100:], FRAME[100:])
        c.update(
            TRUE[100:],
            FRAME[ODD][100:],
        )
        for total in (a + b, Accumulator("multiclass") + a + b, a + Accumulator("multiclass") + b):
            assert total.compute().classes == list(WORDS)
            assert total.compute().to_dict() == MULTICLASS.to_dict()
        with pytest.raises(F1Error, match="cannot be merged"):
            a + c

    def test_rows_with_ids(self):
        a, ids = Accumulator("multiclass"), np.arange(300)
        a.update(WORDS[TRUE[:200]], FRAME[:200], sample_id=ids[:200])
        a.update(WORDS[TRUE[100:]], FRAME[ODD][100:], sample_id=ids[100:])
        assert a.compute().to_dict() == MULTICLASS.to_dict()

    def test_a_saved_state_keeps_the_names(self, tmp_path):
        a = Accumulator("multiclass")
        a.update(TRUE[:100], FRAME[:100])
        a.save(tmp_path / "a.npz")
        b = Accumulator.load(tmp_path / "a.npz")
        b.update(TRUE[100:], FRAME[ODD][100:])
        assert b.compute().to_dict() == MULTICLASS.to_dict()

    def test_binned_thresholds(self):
        plain, named, more = (BinnedThresholds("multilabel", bins=64) for _ in range(3))
        plain.update(FLAGS, PRED)
        named.update(TRUTH[:100], FRAME[:100])
        named.update(TRUTH[100:200], FRAME[ODD][100:200])
        more.update(TRUTH[200:], FRAME[200:])
        total = BinnedThresholds("multilabel", bins=64) + named + more
        assert (
            total.best_threshold().threshold.tolist() == plain.best_threshold().threshold.tolist()
        )
        assert pickle.loads(pickle.dumps(total)) == total
        with pytest.raises(F1Error, match="earlier rows came without names"):
            plain.update(TRUTH, FRAME)
        total.reset()
        total.update(TRUTH, FRAME[ODD])
        assert total.best_threshold().score == pytest.approx(plain.best_threshold().score)


class TestOthers:
    def test_score_by(self):
        groups = np.arange(300) % 3
        found = score_by(groups, WORDS[TRUE], FRAME[ODD], classes=WORDS)
        expected = score_by(groups, TRUE, PRED)
        for group, scores in found.items():
            same(scores, expected[group])
        assert score_by(groups, TRUE, FRAME)[0].classes == list(WORDS)

    def test_thresholds_come_in_the_order_of_the_scores_columns(self):
        plain = best_threshold(FLAGS, PRED, task="multilabel")
        named = best_threshold(TRUTH, FRAME[ODD], task="multilabel")
        assert named.score == pytest.approx(plain.score)
        assert dict(zip(ODD, named.threshold, strict=True)) == dict(
            zip(WORDS, plain.threshold, strict=True)
        )
        again = best_threshold(TRUTH, FRAME[ODD], task="multilabel", classes=WORDS)
        assert again.threshold.tolist() == plain.threshold.tolist()
        numbers = pd.DataFrame(PRED)[[2, 0, 3, 1]]
        by_number = best_threshold(FLAGS, numbers, task="multilabel").threshold
        assert by_number.tolist() == plain.threshold[[2, 0, 3, 1]].tolist()

    def test_compare(self):
        other = RNG.dirichlet(np.ones(4), 300)
        frame = pd.DataFrame(other, columns=WORDS)
        words = WORDS[other.argmax(axis=1)]
        how = {"metric": "f1_macro", "resamples": 20, "seed": 0}
        expected = compare(TRUE, PRED, other, **how)
        for a, b in [
            (FRAME[ODD], frame),
            (FRAME, frame[ODD]),
            (FRAME[ODD], words),
        ]:
            found = compare(WORDS[TRUE], a, b, **how)
            assert (found.a, found.b) == pytest.approx((expected.a, expected.b), abs=1e-12)
        with pytest.raises(F1Error, match="pred_b has no column for class 'ant'"):
            compare(WORDS[TRUE], FRAME, frame.rename(columns={"ant": "emu"}), **how)

    def test_compare_with_columns_that_have_no_names(self):
        other = RNG.dirichlet(np.ones(4), 300)
        frame = pd.DataFrame(other, columns=WORDS)
        how = {"metric": "f1_macro", "resamples": 20, "seed": 0}

        def values(*arrays, **options):
            found = compare(*arrays, **how, **options)
            return pytest.approx((found.a, found.b), abs=1e-12)

        assert values(TRUE, PRED, other) == tuple(
            score(TRUE, each).macro.f1 for each in (PRED, other)
        )
        expected = values(FLAGS, PRED, other, task="multilabel")
        for a, b in [(PRED, frame[ODD]), (FRAME[ODD], other), (FRAME[ODD], frame)]:
            found = compare(TRUTH, a, b, task="multilabel", **how)
            assert (found.a, found.b) == expected
        for truth, task in ((FLAGS, "multilabel"), (np.eye(4)[TRUE], "multiclass")):
            with pytest.raises(F1Error, match="those of y_true have no names"):
                compare(truth, FRAME, frame[ODD], task=task, **how)
        with pytest.raises(F1Error, match="columns of pred_b have no names"):
            compare(pd.get_dummies(WORDS[TRUE]), FRAME[ODD], other, task="multiclass", **how)
        with pytest.raises(F1Error, match="name the classes"):
            compare(WORDS[TRUE], FRAME[ODD], other, **how)

    def test_resampled_intervals(self):
        found = score(TRUTH, FRAME[ODD], task="multilabel", classes=WORDS, resamples=50, seed=0)
        expected = score(FLAGS, PRED, task="multilabel", resamples=50, seed=0)
        assert found.interval("f1_macro") == expected.interval("f1_macro")


class TestFiles:
    @pytest.fixture
    def table(self):
        pa = pytest.importorskip("pyarrow")
        columns = {f"p_{i}": MANY[:, i] for i in range(12)}
        return pa.table({"y": OF_MANY, **{name: columns[name] for name in sorted(columns)}})

    @pytest.mark.parametrize(
        "what", ["parquet", "csv", "arrow", "npz", "pandas", "polars", "table"]
    )
    @pytest.mark.parametrize("classes", [None, 12, range(12)], ids=str)
    def test_what_the_star_stands_for_names_the_class(self, tmp_path, table, what, classes):
        if what == "npz":
            np.savez(tmp_path / "a.npz", **{n: table[n].to_numpy() for n in table.column_names})
            rows = tmp_path / "a.npz"
        elif what in ("pandas", "polars"):
            pytest.importorskip(what)
            rows = table.to_pandas() if what == "pandas" else f1core_polars(table)
        else:
            rows = table if what == "table" else written(table, tmp_path / f"a.{what}")
        found = files.score(rows, target="y", probabilities="p_*", classes=classes)
        assert found.to_dict() == EXPECTED.to_dict()
        assert found.classes == list(range(12))

    def test_numbers_without_classes_ascend(self, table):
        pa = pytest.importorskip("pyarrow")
        moved = table.set_column(0, "y", pa.array(OF_MANY + 5))
        moved = moved.rename_columns(
            [n if n == "y" else f"p_{int(n[2:]) + 5:03}_v2" for n in moved.column_names]
        )
        found = files.score(moved, target="y", probabilities="p_*_v2")
        assert found.classes == list(range(5, 17))
        same(found, EXPECTED)
        with pytest.raises(F1Error, match=r"probabilities has the columns 5, 6"):
            files.score(moved, target="y", probabilities="p_*_v2", classes=12)

    def test_lists_of_columns_are_checked_against_the_classes(self):
        pa = pytest.importorskip("pyarrow")
        table = pa.table(
            {"y": ["a", "b", "a"], "p_a": [0.9, 0.2, 0.7], "p_b": [0.1, 0.8, 0.3],
             "x": [0.9, 0.2, 0.7], "z": [0.1, 0.8, 0.3], "a": [0.9, 0.2, 0.7]}
        )  # fmt: skip
        for columns in (["p_b", "p_a"], ["p_a", "p_b"], ["x", "z"]):
            found = files.score(table, target="y", probabilities=columns, classes=["a", "b"])
            assert found.accuracy == 1.0
        assert files.score(table, target="y", probabilities=["p_b", "p_a"]).accuracy == 1.0
        with pytest.raises(F1Error, match="no column for class 'b'"):
            files.score(table, target="y", probabilities=["a", "z"], classes=["a", "b"])
        with pytest.raises(F1Error, match="other columns"):
            files.score(table, target="y", probabilities="p_*", classes=["c", "d"])
        with pytest.raises(F1Error, match="no column for class 'c'"):
            files.score(table, target="y", probabilities="p_*", classes=["a", "c"])

    def test_lists_of_numbered_columns(self, table):
        columns = [f"p_{i}" for i in (11, 3, 2, 1, 0, 4, 5, 6, 7, 8, 9, 10)]
        for classes in (None, 12, list("abcdefghijkl")):
            found = files.score(table, target="y", probabilities=columns, classes=classes)
            assert found.to_dict() == EXPECTED.to_dict()

    @pytest.mark.parametrize("classes", [None, list(WORDS)], ids=["no classes", "classes"])
    def test_multilabel_columns_of_another_order(self, classes):
        pa = pytest.importorskip("pyarrow")
        truth = {f"true_{word}": FLAGS[:, i] for i, word in enumerate(WORDS)}
        scores = {f"p_{word}": PRED[:, list(WORDS).index(word)] for word in ODD}
        table = pa.table({**truth, **scores})
        for target in ("true_*", list(truth)):
            for probabilities in ("p_*", list(scores)):
                found = files.score(
                    table, target=target, probabilities=probabilities, task="multilabel",
                    classes=classes,
                )  # fmt: skip
                same(found, MULTILABEL)
                assert set(found.classes) == set(WORDS)
        lists = pa.table({**dict(list(truth.items())[::-1]), "p": list(PRED)})
        same(
            files.score(
                lists, target="true_*", probabilities="p", task="multilabel", classes=WORDS
            ),
            MULTILABEL,
        )
        with pytest.raises(F1Error, match="target and probabilities have other columns"):
            files.score(
                table.rename_columns([n.replace("p_ant", "p_emu") for n in table.column_names]),
                target="true_*", probabilities="p_*", task="multilabel",
            )  # fmt: skip

    def test_one_hot_columns_and_predicted_labels(self):
        pa = pytest.importorskip("pyarrow")
        truth = {f"is_{word}": WORDS[TRUE] == word for word in ODD}
        table = pa.table({**truth, "label": WORDS[PRED.argmax(axis=1)]})
        found = files.score(table, target="is_*", probabilities="label", task="multiclass")
        same(found)

    def test_files_of_another_order_of_truth_and_scores(self, tmp_path):
        pa = pytest.importorskip("pyarrow")
        truth = {f"true_{word}": FLAGS[:, i] for i, word in enumerate(WORDS)}
        scores = {f"p_{word}": PRED[:, i] for i, word in enumerate(WORDS)}
        one = pa.table({**truth, **scores})
        written(one, tmp_path / "1.parquet")
        written(one.select(one.column_names[::-1]), tmp_path / "2.parquet")
        mixed = [*list(scores)[::-1], *list(truth)]
        written(one.select(mixed), tmp_path / "3.csv")
        found = files.score(tmp_path, target="true_*", probabilities="p_*", task="multilabel")
        assert found.total == 900 and found.macro.f1 == MULTILABEL.macro.f1

    @pytest.mark.parametrize("name", ["p_²", "p_", "p_1_0", "p_" + "9" * 30, "p_" + "x" * 300])
    def test_odd_names_are_names_or_refused(self, name):
        pa = pytest.importorskip("pyarrow")
        table = pa.table({"y": [0, 1], "p_1": [0.9, 0.2], name: [0.1, 0.8]})
        columns = {"target": "y", "probabilities": "p_*"}
        assert files.score(table, **columns).accuracy == 1.0
        for classes in (["a", "b"], [1, 2]):
            with pytest.raises(F1Error, match="probabilities has"):
                files.score(table, **columns, classes=classes)

    def test_group_and_labels_by_name(self):
        pa = pytest.importorskip("pyarrow")
        columns = {f"p_{word}": PRED[:, list(WORDS).index(word)] for word in ODD}
        table = pa.table({"y": WORDS[TRUE], "g": ["one"] * 300, **columns})
        found = files.score(table, target="y", probabilities="p_*", group="g", classes=WORDS)
        same(found["one"])
        label2id = {word: place for place, word in enumerate(WORDS)}
        backwards = dict(reversed(label2id.items()))
        same(files.score(table, target="y", probabilities="p_*", classes=backwards))
        same(files.score(table, target="y", probabilities="p_*", classes=(w for w in WORDS)))


def f1core_polars(table):
    return pytest.importorskip("polars").from_arrow(table)


def written(table, path):
    """The table in a file of the ending's kind."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    if path.suffix == ".csv":
        csv.write_csv(table, path)
    elif path.suffix == ".parquet":
        parquet.write_table(table, path)
    else:
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table)
    return path


class TestDicts:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"B": 1, "O": 0, "I": 2}, ["O", "B", "I"]),
            ({1: "B", 0: "O", 2: "I"}, ["O", "B", "I"]),
            ({"1": "B", "0": "O", "2": "I"}, ["O", "B", "I"]),
            ({str(i): f"c{i}" for i in reversed(range(12))}, [f"c{i}" for i in range(12)]),
            ({10: 1, 20: 0, 30: 2}, [20, 10, 30]),
            ({1: 10, 0: 20, 2: 30}, [20, 10, 30]),
            ({"1": 10, "0": 20, "2": 30}, [20, 10, 30]),
            ({"1": 0, "2": 1, "0": 2}, ["1", "2", "0"]),
            ({0: 1, 1: 0, 2: 2}, [1, 0, 2]),
            ({np.int64(1): "B", np.int32(0): np.str_("O"), 2: "I"}, ["O", "B", "I"]),
            ({True: "yes", False: "no"}, ["no", "yes"]),
            ({"B": 1, "O": 0}.keys(), ["B", "O"]),
            ({1: "B", 0: "O"}.values(), ["B", "O"]),
            ((name for name in "BOI"), ["B", "O", "I"]),
        ],
    )
    def test_ids_give_the_order(self, given, expected):
        a = Accumulator("multiclass", classes=given)
        assert list(a.options.names) == expected

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({}, "empty"),
            ({"a": "b", "c": "d"}, "does not tell names from ids"),
            ({"0": "1", "1": "0"}, "does not tell names from ids"),
            ({0: 1, 1: 2, 2: 0}, "does not tell names from ids"),
            ({"a": 1, "b": 2}, "the ids are 0 to 1, each once"),
            ({"a": 0, "b": 0}, "the ids are 0 to 1, each once"),
            ({1: "a", 2: "b"}, "the ids are 0 to 1, each once"),
            ({"a": 0, "b": 0.5}, "the ids are 0 to 1, each once"),
            ({0: "a", 1: "a"}, "'a' twice"),
            ({0: None, 1: "a"}, "None"),
            ({"a", "b"}, "no order"),
            (frozenset("ab"), "no order"),
            ({"a": 0}.items(), r"\('a', 0\)"),
        ],
        ids=str,
    )
    def test_what_has_no_order_is_refused(self, given, words):
        with pytest.raises(F1Error, match=words):
            score([0, 1], PRED[:2, :2], classes=given)

    @pytest.mark.parametrize(
        "classes",
        [{"B": 1, "O": 0, "I": 2}, {1: "B", 0: "O", 2: "I"}, {"1": "B", "0": "O", "2": "I"}],
    )
    def test_every_entry_point_reads_them_by_value(self, classes):
        true, scores = TRUE % 3, PRED[:, :3]
        words, names = np.array(["O", "B", "I"])[true], ["O", "B", "I"]
        expected = score(true, scores)
        same(score(words, scores, classes=classes), expected)
        assert score(true, scores, classes=classes).classes == names
        same(score_by(np.zeros(300, int), words, scores, classes=classes)[0], expected)
        flags = np.eye(3, dtype=int)[true]
        odd = pd.DataFrame(scores, columns=names)[["I", "O", "B"]]
        best = best_threshold(flags, odd, task="multilabel", classes=classes)
        assert best.score == best_threshold(flags, scores, task="multilabel").score
        binned = BinnedThresholds("multilabel", classes=classes)
        binned.update(flags, odd)
        how = {"metric": "f1_macro", "seed": 0, "resamples": 20}
        assert compare(words, odd, scores, classes=classes, **how).difference == 0.0
        from f1core.adapters.transformers import make_compute_metrics

        found = make_compute_metrics(task="multiclass", classes=classes, per_class=True)
        logs = found((scores, true))
        assert logs["f1"] == expected.macro.f1
        assert logs["f1_B"] == expected.per_class.f1[1]

    def test_scorers_of_scikit_learn(self):
        pytest.importorskip("sklearn")
        from sklearn.naive_bayes import GaussianNB

        from f1core.adapters.sklearn import scorer

        x, y = PRED, np.where(TRUE > 1, "yes", "no")
        model = GaussianNB().fit(x, y)
        expected = scorer("f1", threshold=0.3, classes=["yes", "no"])(model, x, y)
        found = scorer("f1", threshold=0.3, classes={"no": 1, "yes": 0})(model, x, y)
        assert found == expected != scorer("f1", threshold=0.3, classes=["no", "yes"])(model, x, y)


def test_plain_arrays_are_not_asked_for_names(monkeypatch):
    def asked(*_):
        raise AssertionError("an array was asked for the names of its columns")

    monkeypatch.setattr("f1core.frame_columns.column_names", asked)
    f1core.score(TRUE, PRED)
    f1core.Accumulator("multilabel").update(FLAGS, PRED)


@pytest.mark.parametrize("order", [[1, 2, 3], [3, 1, 2], [2, 3, 1]])
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_listed_columns_count_from_one_where_labels_do(tmp_path, order, ending):
    y, scores = np.array([1, 3, 2, 3]), np.eye(3)[[0, 2, 1, 2]]
    table = pyarrow.table({"y": y, **{f"p_{k}": scores[:, k - 1] for k in (1, 2, 3)}})
    path = written(table, tmp_path / f"a{ending}")
    listed = [f"p_{k}" for k in order]
    for options in ({}, {"classes": [1, 2, 3]}, {"classes": [3, 2, 1]}):
        s = files.score(path, target="y", probabilities=listed, **options)
        assert s.accuracy == 1.0
        assert sorted(s.classes) == [1, 2, 3]
    ignored = files.score(path, target="y", probabilities=listed, ignore_index=2)
    assert ignored.accuracy == 1.0


def test_listed_columns_count_from_one_where_labels_count_from_zero(tmp_path):
    table = pyarrow.table(
        {"y": [0, 2, 1], **{f"s{k + 1}": np.eye(3)[[0, 2, 1], k] for k in range(3)}}
    )
    path = written(table, tmp_path / "a.parquet")
    assert files.score(path, target="y", probabilities=["s1", "s2", "s3"]).accuracy == 1.0
    assert files.score(path, target="y", probabilities=["s3", "s1", "s2"]).accuracy == 0.0


def test_labels_that_fit_both_the_names_and_the_places_of_listed_columns_are_asked_for(tmp_path):
    table = pyarrow.table(
        {"y": [1, 2, 1], **{f"p_{k + 1}": np.eye(3)[[0, 1, 0], k] for k in range(3)}}
    )
    named = {"target": "y", "probabilities": ["p_1", "p_2", "p_3"], "task": "multiclass"}
    path = written(table, tmp_path / "a.parquet")
    with pytest.raises(F1Error, match=r"classes=\[1, 2, 3\] for these, or classes=3 for 0 to 2"):
        files.score(path, **named)
    assert files.score(path, **named, classes=[1, 2, 3]).accuracy == 1.0
    assert files.score(path, **named, classes=3).accuracy == 0.0


TRUTHS = pd.DataFrame({"True": [0.9, 0.1, 0.8], "False": [0.1, 0.9, 0.2]})


@pytest.mark.parametrize("kind", ["pandas", "polars", "table", "records"])
@pytest.mark.parametrize("word", ["{}", "p_{}", "{}_score"])
@pytest.mark.parametrize("case", [str, str.lower])
def test_columns_named_false_and_true_hold_those_labels(kind, word, case):
    frame = as_frame(kind, TRUTHS.rename(columns=lambda name: word.format(case(name))))
    for labels in ([True, False, True], [1, 0, 1], np.array([1, 0, 1], np.uint8)):
        found = score(labels, frame)
        assert (found.accuracy, found.classes) == (1.0, [0, 1])
    batches = Accumulator("multiclass")
    batches.update([True, False, True], frame)
    assert batches.compute().accuracy == 1.0


def test_classes_named_false_and_true_are_those_labels():
    for names in (["True", "False"], ["true", "false"]):
        found = score([True, False, True], TRUTHS.to_numpy(), classes=names, task="multiclass")
        assert found.accuracy == 1.0
    assert score([True, False, True], TRUTHS, classes=["False", "True"]).accuracy == 1.0


def test_a_polars_series_of_structs_would_lose_its_names():
    series = pytest.importorskip("polars").Series([{"b": 0.1, "a": 0.9}, {"b": 0.8, "a": 0.2}])
    with pytest.raises(F1Error, match=r"its rows are structs; pass \.struct\.unnest\(\)"):
        score(["a", "b"], series, classes=["a", "b"])
    assert score(["a", "b"], series.struct.unnest(), classes=["a", "b"]).accuracy == 1.0


def test_thresholds_with_names_are_refused_and_those_without_go_by_position():
    flags, scores = np.eye(2, dtype=int), np.eye(2) * 0.35
    how = {"task": "multilabel", "classes": ["a", "b"]}
    with pytest.raises(F1Error, match="threshold has an index of names"):
        score(flags, scores, **how, threshold=pd.Series({"b": 0.3, "a": 0.4}))
    found = score(flags, scores, **how, threshold=pd.Series([0.3, 0.4]))
    assert found.per_class.recall.tolist() == [1.0, 0.0]
