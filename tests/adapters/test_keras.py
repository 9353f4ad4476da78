"""ScoreMetric in the graph of the current Keras backend: score()'s number, or one sentence."""

import math

import numpy as np
import pytest
import tasks
from arrays import BFLOAT16, widened
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import f1core
from f1core.adapters.hooks import named

keras = pytest.importorskip("keras", exc_type=ImportError)

from f1core.adapters.keras import ScoreMetric  # noqa: E402
from f1core.adapters.keras.operations import NARROW  # noqa: E402
from f1core.arrays import to_numpy  # noqa: E402
from f1core.count_layout import RATIOS  # noqa: E402
from f1core.float_bits import probability_range  # noqa: E402
from f1core.scores import single_numbers  # noqa: E402

JAX = keras.backend.backend() == "jax"
KEPT = (
    "threshold", "top_k", "from_logits", "ignore_index", "average_over", "zero_division", "beta",
    "classes",
)  # fmt: skip


def native(array):
    """A plain array of a dtype that this backend has."""
    if array.dtype.kind == "f" and (array.dtype.itemsize > 8 or (JAX and array.dtype.itemsize > 4)):
        array = array.astype("f4" if JAX else "f8")
    if array.dtype.kind == "u":
        array = array.astype("i8") if not JAX else array.astype("i4")  # torch has no uint64
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="C")


def as_scores(array):
    if array.dtype == BFLOAT16:
        return keras.ops.cast(keras.ops.convert_to_tensor(widened(array).astype("f4")), "bfloat16")
    return native(array)


def every_metric(task, top_k):
    kinds = ("micro", "macro", "weighted")
    averaged = [f"{ratio}_{kind}" for ratio in RATIOS for kind in kinds]
    return averaged + list(RATIOS) * (task == "binary") + list(single_numbers(task, top_k))


def values_of(metric):
    return {key: float(value) for key, value in metric.result().items()}


FEW = settings(max_examples=min(30, settings.default.max_examples))  # each compiles its steps


def same_values(found, scores, task):
    for key, value in found.items():
        expected = scores.metric(named(key, task))
        expected = 0.0 if math.isnan(expected) else expected
        assert value == pytest.approx(expected, abs=1e-5), key


@FEW
@given(
    st.one_of(tasks.binary(), tasks.multiclass(divided=not NARROW), tasks.multilabel()), st.data()
)
def test_any_cut_into_steps_gives_what_score_gives_on_all_rows(problem, data):
    case = problem.case
    assume(problem.y_true.dtype.kind not in "UOS" and problem.y_pred.dtype.kind in "fV")
    labels = np.asarray(problem.options.get("classes") or [0]) if case.task != "multilabel" else 0
    if JAX and np.asarray(labels).dtype.kind not in "U":
        assume(np.abs(np.asarray(labels, float)).max() < 2**31)
    y_true = native(problem.y_true)
    y_pred = problem.y_pred if problem.y_pred.dtype == BFLOAT16 else native(problem.y_pred)
    weight = None if problem.weight is None else problem.weight.astype("f4")
    options = {name: problem.options[name] for name in KEPT if name in problem.options}
    options.setdefault("classes", case.n_classes)
    expected = f1core.score(y_true, y_pred, task=case.task, sample_weight=weight, **options)

    names = every_metric(case.task, options.get("top_k", 1))
    metric = ScoreMetric(names, task=case.task, **options)
    cut = data.draw(st.integers(0, len(y_true)))
    for rows in (slice(0, cut), slice(cut, None)):
        if len(y_true[rows]):
            part = None if weight is None else weight[rows]
            metric.update_state(y_true[rows], as_scores(y_pred[rows]), part)
    found = values_of(metric)
    assert list(found) == names
    same_values(found, expected, case.task)
    if weight is None:
        counted, whole = metric.scores()._counts, expected._counts
        np.testing.assert_array_equal(counted.per_class, whole.per_class)
        assert counted.total == whole.total
        assert metric.scores().accuracy == expected.accuracy


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the others have a graph")
@FEW
@given(st.one_of(tasks.binary(), tasks.multiclass(divided=not NARROW), tasks.multilabel()))
def test_kernels_count_what_operations_of_keras_count(problem):
    case = problem.case
    assume(problem.y_true.dtype.kind not in "UOS" and problem.y_pred.dtype.kind in "fV")
    y_true = native(problem.y_true)
    y_pred = problem.y_pred if problem.y_pred.dtype == BFLOAT16 else native(problem.y_pred)
    options = {name: problem.options[name] for name in KEPT if name in problem.options}
    options.setdefault("classes", case.n_classes)
    found = []
    for at_hand in (True, False):
        metric = ScoreMetric("f1", task=case.task, **options)
        with pytest.MonkeyPatch.context() as patch:
            if not at_hand:  # as in a graph
                patch.setattr("torch.compiler.is_compiling", lambda: True)
            metric.update_state(y_true, as_scores(y_pred))
        found.append(to_numpy(metric._counts.value, "counts").tolist())
    assert found[0] == found[1]


def test_a_perfect_score_is_exactly_one():
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 7, 999)
    metric = ScoreMetric(every_metric("multiclass", 1), task="multiclass", classes=7, beta=2.9)
    metric.update_state(ids, np.eye(7, dtype="f4")[ids])
    assert set(values_of(metric).values()) == {0.0, 1.0}  # hamming_loss is 0


def test_targets_come_in_every_shape():
    rng = np.random.default_rng(0)
    ids, p = rng.integers(0, 4, 60), rng.random((60, 4), dtype="f4")
    expected = f1core.score(ids, p).macro.f1
    for y, pred in [
        (ids, p), (ids[:, None], p), (np.eye(4)[ids], p), (np.eye(4, dtype=bool)[ids], p),
        (ids.astype("f4"), p), (ids.astype("u1"), p),
        (ids.reshape(12, 5), p.reshape(12, 5, 4)), (ids.reshape(12, 5, 1), p.reshape(12, 5, 4)),
        (np.eye(4)[ids].reshape(3, 4, 5, 4), p.reshape(3, 4, 5, 4)),
    ]:  # fmt: skip
        metric = ScoreMetric("f1", task="multiclass", classes=4)
        metric.update_state(y, pred)
        assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_a_weight_is_of_a_row_or_of_a_step_of_it():
    rng = np.random.default_rng(0)
    ids, p = rng.integers(0, 4, (12, 5)), rng.random((12, 5, 4), dtype="f4")
    steps = rng.random((12, 5)).astype("f4")
    for weight in (steps, steps[:, :1], steps[:, 0]):
        metric = ScoreMetric("f1", task="multiclass", classes=4)
        metric.update_state(ids, p, weight)
        each = np.broadcast_to(weight.reshape(12, -1), (12, 5)).ravel()
        expected = f1core.score(ids.ravel(), p.reshape(-1, 4), sample_weight=each).macro.f1
        assert float(metric.result()) == pytest.approx(expected, abs=1e-5)


def test_classes_have_keys_of_their_own():
    ids, p = np.array([0, 1, 2, 1]), np.eye(3, dtype="f4")[[0, 1, 1, 2]]
    metric = ScoreMetric(
        ["recall", "precision"], task="multiclass", classes=["a", "b", "c"], average="per_class"
    )
    metric.update_state(ids, p)
    found = values_of(metric)
    scores = f1core.score(ids, p)
    assert list(found) == [f"{r}_{c}" for r in ("recall", "precision") for c in "abc"]
    expected = [*scores.per_class.recall, *scores.per_class.precision]
    np.testing.assert_allclose(list(found.values()), expected, atol=1e-6)


def test_a_name_begins_every_key_of_several():
    metric = ScoreMetric(["f1", "mcc"], task="binary", name="spam")
    metric.update_state([0, 1], [0.1, 0.9])
    assert values_of(metric) == {"spam_f1": 1.0, "spam_mcc": 1.0}
    assert ScoreMetric("recall", task="binary", name="found").name == "found"


def test_nothing_counted_is_zero_and_a_reset_forgets():
    metric = ScoreMetric("f1", task="binary", zero_division=math.nan)
    assert float(metric.result()) == 0.0
    metric.update_state([1.0], [0.9])
    metric.update_state([1.0], [0.9], [0.5])
    assert float(metric.result()) == 1.0
    metric.reset_state()
    assert float(metric.result()) == 0.0
    with pytest.raises(f1core.F1Error, match="no rows to score"):
        metric.scores()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_a_threshold_is_of_the_scores_own_dtype(dtype):
    p = keras.ops.cast(keras.ops.convert_to_tensor([0.1, 0.2, 0.05]), dtype)
    metric = ScoreMetric("precision", task="binary", threshold=0.1)
    metric.update_state([0, 1, 0], p)
    assert float(metric.result()) == 1.0  # 0.1 is not above 0.1


def test_the_first_of_equals_wins_and_zero_has_no_sign():
    p = np.float32([[0.5, 0.5, 0], [-0.0, 0.0, -1], [0, -0.0, 0], [-np.inf] * 3])
    metric = ScoreMetric("accuracy", task="multiclass", classes=3)
    metric.update_state([0, 0, 0, 0], p)
    assert float(metric.result()) == 1.0


@pytest.mark.filterwarnings("ignore:.*they were counted as wrong")
class TestWhatCannotBeCounted:
    """Counted as wrong, under whichever metric, with a warning; the full scores refuse it."""

    @pytest.mark.parametrize("label", [3, -1, 2**31 - 1])
    def test_a_label_outside_the_classes(self, label):
        metric = ScoreMetric(
            ["accuracy", "precision_micro", "recall_weighted", "mcc"], task="multiclass", classes=3
        )
        ids = np.array([0, 1, 2, label])
        metric.update_state(ids, np.eye(3, dtype="f4")[[0, 1, 2, 2]])
        found = values_of(metric)
        others = f1core.score([0, 1, 2, 3], [0, 1, 2, 2])
        assert found["accuracy"] == found["precision_micro"] == 0.75
        assert found["recall_weighted"] == 1.0  # each class that occurs is found
        assert found["mcc"] == pytest.approx(others.mcc, abs=1e-6)
        with pytest.raises(f1core.F1Error, match="1 of 4 rows hold a target"):
            metric.scores()

    @pytest.mark.skipif(JAX, reason="JAX has no int64 unless told to")
    def test_a_label_that_would_wrap(self):
        metric = ScoreMetric("accuracy", task="multiclass", classes=3)
        metric.update_state(np.array([2**32 + 1]), np.eye(3, dtype="f4")[[1]])
        assert float(metric.result()) == 0.0

    def test_rows_of_a_mixed_one_hot(self):
        metric = ScoreMetric("accuracy", task="multiclass", classes=3)
        y = np.float32([[1, 0, 0], [1, 1, 0], [0.9, 0.1, 0], [0, 0, 0]])
        metric.update_state(y, np.float32([[0.8, 0.1, 0.1]] * 4))
        assert float(metric.result()) == 0.25

    def test_scores_that_are_nan_or_logits(self):
        for task, y in (("binary", [0, 1, 0, 1]), ("multilabel", [[0, 1], [0, 1]])):
            metric = ScoreMetric(["accuracy", "f1_micro"], task=task, classes=2)
            p = np.float32([np.nan, 1.5, -0.5, np.nan])
            metric.update_state(np.array(y), p.reshape(np.shape(y)))
            assert values_of(metric) == {"accuracy": 0.0, "f1_micro": 0.0}
            with pytest.raises(f1core.F1Error, match="from_logits=True"):
                metric.scores()
        metric = ScoreMetric("accuracy", task="multiclass", classes=2)
        metric.update_state([0, 1], np.full((2, 2), np.nan, "f4"))
        assert float(metric.result()) == 0.0
        with pytest.raises(f1core.F1Error, match="2 of 2 rows hold a score that is NaN"):
            metric.scores()

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"] + ["float64"] * (not JAX))
    @pytest.mark.parametrize("task", ["binary", "multilabel"])
    def test_only_what_lies_farther_out_than_rounding_goes(self, task, dtype):
        form = BFLOAT16 if dtype == "bfloat16" else np.dtype(dtype)
        low, high = probability_range(form)
        width = 2 if task == "binary" else 1
        far = 2.0**-6 if dtype == "bfloat16" else 2.0**-9
        for inside in (True, False):
            metric = ScoreMetric("accuracy", task=task, classes=width, threshold=1 - 2.0**-7)
            p = np.array([low, high] if inside else [low - far, high + far], "f4" if JAX else "f8")
            p = keras.ops.cast(keras.ops.convert_to_tensor(p.reshape(-1, 1)), dtype)
            metric.update_state(np.array([[0], [1]]), p)
            assert float(metric.result()) == float(inside)
            if inside:
                assert metric.scores().accuracy == 1.0

    def test_a_flag_of_two(self):
        for p in (0.1, 0.9):
            metric = ScoreMetric("hamming_loss", task="multilabel", classes=2)
            metric.update_state([[2, 0]], np.float32([[p, 0.1]]))
            assert float(metric.result()) > 0
            with pytest.raises(f1core.F1Error, match="1 of 1 rows"):
                metric.scores()


class TestItTellsOfRowsThatWereCountedAsWrong:
    def test_once_and_again_after_rows_that_are_right(self):
        metric = ScoreMetric("f1", task="binary")
        metric.update_state([0, 1], [0.1, 3.0])
        with pytest.warns(UserWarning, match=r"f1: 1 of 2 rows hold .* from_logits=True"):
            metric.result()
        metric.result()
        metric.reset_state()
        metric.update_state([0, 1], [0.1, 3.0])
        metric.reset_state()  # filterwarnings=error: nothing more was said
        metric.update_state([0, 1], [0.1, 0.9])
        metric.reset_state()
        metric.update_state([0, 1], [0.1, 3.0], [1.0, 0.5])
        with pytest.warns(UserWarning, match=r"f1: 0.5 of 1.5 rows"):
            metric.reset_state()

    def test_naming_what_the_task_can_have_wrong(self):
        metric = ScoreMetric("f1", task="multiclass", classes=3)
        metric.update_state(np.float32([[1, 1, 0], [0, 0, 0], [1, 0, 0]]), np.eye(3, dtype="f4"))
        with pytest.warns(UserWarning, match="2 of 3 rows .* task='multilabel'"):
            metric.result()
        metric = ScoreMetric("f1", task="binary", from_logits=True)
        metric.update_state([1.0], np.float32([np.nan]))
        with pytest.warns(UserWarning, match="a score that is NaN; they"):
            metric.result()


def test_a_description_says_what_is_counted():
    metric = ScoreMetric(["f1", "mcc"], task="multiclass", classes=3, beta=2.0, name="val")
    told = "ScoreMetric(['f1', 'mcc'], name='val', task='multiclass', classes=3, beta=2.0)"
    assert repr(metric) == str(metric) == told


def in_limbs(counts):
    """Counts as the variable of a ScoreMetric holds them."""
    if not JAX:
        return counts[None]
    return np.stack([counts >> bits & 0xFFFF for bits in (0, 16, 32, 48)])


def from_limbs(limbs):
    limbs = to_numpy(limbs, "counts").astype("i8")
    return limbs[0] if not JAX else sum(limbs[i] << 16 * i for i in range(4))


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_counts_go_up_to_2_to_the_63_and_no_further(task):
    metric = ScoreMetric("accuracy" if task == "binary" else "exact_match", task=task, classes=2)
    step = np.eye(2)[[0, 1]], np.eye(2, dtype="f4")[[0, 1]] * 0.9
    step = step if task == "multilabel" else (step[0][:, 0], step[1][:, :1])
    metric.update_state(*step)
    dtype = to_numpy(metric._counts.value, "counts").dtype
    one = from_limbs(metric._counts.value)
    for power in (16, 31, 32, 46, 47, 48, 61):
        for less in (0, 1):  # one step short of a carry
            metric._counts.assign(in_limbs(one * (2**power - less)).astype(dtype))
            metric.update_state(*step)
            there = from_limbs(metric._counts.value)
            np.testing.assert_array_equal(there, one * (2**power - less + 1))
            assert float(metric.result()) == 1.0
    metric._counts.assign(in_limbs(one * 0 + (2**63 - 1)).astype(dtype))
    metric.update_state(*step)
    with pytest.raises(f1core.F1Error, match=r"counts end at 2\^63"):
        metric.scores()


def test_negative_weights_are_refused():
    metric = ScoreMetric("f1", task="binary")
    metric.update_state(np.array([0, 1]), np.array([[0.2], [0.9]], "f4"), np.array([1.0, -1.0]))
    with pytest.raises(f1core.F1Error, match="a weight is negative or NaN"):
        metric.scores()


def test_weights_beyond_float32_are_refused():
    metric = ScoreMetric("recall", task="binary")
    for _ in range(4):
        metric.update_state([1], [0.9], [1e38])
    with pytest.raises(f1core.F1Error, match="weights sum up to more than float32 holds"):
        metric.scores()


def test_counts_go_beyond_what_32_bits_hold():
    metric = ScoreMetric(["recall", "accuracy"], task="binary")
    step = np.array([0, 1, 1, 1]), np.float32([0.1, 0.9, 0.9, 0.1])
    metric.update_state(*step)
    one = metric.scores()._counts.sums
    counts = to_numpy(metric._counts.value, "counts")
    before = counts[0].astype(np.int64) * (2**33 - 1)  # one step short of a carry
    metric._counts.assign(in_limbs(before).astype(counts.dtype))
    np.testing.assert_array_equal(metric.scores()._counts.sums, one * (2**33 - 1))
    metric.update_state(*step)
    np.testing.assert_array_equal(metric.scores()._counts.sums, one * 2**33)
    assert values_of(metric)["recall"] == pytest.approx(2 / 3, abs=1e-6)


def test_weights_are_not_lost_beside_a_large_sum():
    metric = ScoreMetric("recall", task="binary")
    metric.update_state([1], [0.9], [2.0**25])
    for _ in range(200):
        metric.update_state([1], [0.1], [0.5])
    assert metric.scores().binary.support == 2.0**25 + 100


def test_it_is_made_anew_from_its_config():
    metric = ScoreMetric(
        ["f1", "recall"], task="multilabel", classes=["a", "b"], average="micro", name="tags",
        threshold=[0.2, 0.3], average_over=["a"], zero_division=math.nan, beta=math.inf,
        ignore_index=-1, from_logits=True,
    )  # fmt: skip
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    for each in (metric, again):
        each.update_state([[1, 0], [1, -1]], np.float32([[-1, 2], [3, 4]]))
    assert values_of(metric) == values_of(again) == {"tags_f1": 1.0, "tags_recall": 1.0}
    assert str(again.get_config()) == str(metric.get_config())


WRONG = {
    "classes is None": lambda: ScoreMetric("f1", task="multiclass"),
    "task is 'multi'": lambda: ScoreMetric("f1", task="multi"),
    "metric is 'f2'": lambda: ScoreMetric("f2", task="binary"),
    "metric is 'mcc'": lambda: ScoreMetric("mcc", task="multilabel", classes=3),
    "metric is \\[\\]; name at least one metric": lambda: ScoreMetric([], task="binary"),
    "average is 'binary'": lambda: ScoreMetric(
        "f1", task="multiclass", classes=3, average="binary"
    ),
    "use ScoreCallback": lambda: ScoreMetric("f1_samples", task="multilabel", classes=3),
    "no option thresold=; did you mean threshold=": lambda: ScoreMetric(
        "f1", task="binary", thresold=0.3
    ),
    "needs the model's scores": lambda: put("binary", None, [0, 1], [0, 1]),
    "one label a row \\(one-hot": lambda: put("binary", None, [[0, 1]], [[0.5]]),
    "needs one column of scores": lambda: put("binary", None, [[0, 1]], [[0.5, 0.5]]),
    "one column for each of 3": lambda: put("multiclass", 3, [0], [[0.5, 0.5]]),
    "one id a row, or one-hot": lambda: put("multiclass", 3, [[0, 1]], [[0.5, 0.2, 0.3]]),
    "ids are task='multiclass'": lambda: put("multilabel", 3, [0], [[0.5, 0.2, 0.3]]),
}


def put(task, classes, y_true, y_pred):
    y_pred = np.array(y_pred, "f4" if isinstance(y_pred[-1], list) else None)
    ScoreMetric("f1", task=task, classes=classes).update_state(np.array(y_true), y_pred)


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(sentence):
    with pytest.raises(f1core.F1Error, match=sentence):
        WRONG[sentence]()


def test_a_model_predicts_no_unknown_labels():
    from f1core.adapters.keras import ScoreCallback

    with pytest.raises(f1core.F1Error, match="unknown='miss' is for predicted labels, and a model"):
        ScoreCallback(np.zeros((2, 2)), [0, 1], task="multiclass", classes=2, unknown="miss")
    with pytest.raises(f1core.F1Error, match="ScoreMetric has no option unknown="):
        ScoreMetric("f1", task="multiclass", classes=2, unknown="miss")
