"""JAX: states in compiled steps count what score counts; the accumulator reads JAX's arrays."""

import sys
from dataclasses import replace

import jax_jobs
import numpy as np
import pytest
import tasks
from arrays import BFLOAT16, widened
from digits import digits
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from f1core import Accumulator, BestEpoch, F1Error, score

jax = pytest.importorskip("jax")
nn = pytest.importorskip("flax.linen")
optax = pytest.importorskip("optax")

import jax.numpy as jnp  # noqa: E402

from f1core.adapters.jax import init, scores, update  # noqa: E402


class Network(nn.Module):
    """64 pixels, 16 hidden units, 10 digits."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(10)(nn.relu(nn.Dense(16)(x)))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_loop_keeps_the_epoch_that_is_best(dtype):
    train, valid = digits()
    network, optimizer = Network(), optax.adam(0.05)
    params = network.init(jax.random.key(0), train.x[:1])
    state = optimizer.init(params)

    @jax.jit
    def step(params, state, x, y):
        def loss(params):
            logits = network.apply(params, x)
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

        updates, state = optimizer.update(jax.grad(loss)(params), state)
        return optax.apply_updates(params, updates), state

    @jax.jit
    def predict(params, x):
        return network.apply(params, x).astype(dtype)

    rng = np.random.default_rng(0)
    total, best = Accumulator("multiclass", classes=10), BestEpoch(patience=3)
    theirs, kept = [], None
    for _epoch in range(30):
        for rows in rng.permutation(1200).reshape(-1, 60):
            params, state = step(params, state, train.x[rows], train.y[rows])
        total.reset()
        predicted = []
        for start in range(0, len(valid.y), 100):
            logits = predict(params, valid.x[start : start + 100])
            total.update(jax.numpy.asarray(valid.y[start : start + 100]), logits)
            predicted.append(np.asarray(logits.argmax(1)))
        f1 = total.compute().macro.f1
        theirs.append(f1_score(valid.y, np.concatenate(predicted), average="macro"))
        assert f1 == pytest.approx(theirs[-1], abs=1e-12)
        if best.update(f1):
            kept = params
        if best.should_stop:
            break
    assert best.best_epoch == int(np.argmax(theirs))
    assert len(theirs) == best.best_epoch + 4 < 30
    pred = np.asarray(predict(kept, valid.x).argmax(1))
    assert f1_score(valid.y, pred, average="macro") == pytest.approx(max(theirs), abs=1e-12)


# ---- states inside of compiled steps ---------------------------------------------------------


def in_jax(problem):
    """Truth, prediction and weights of a drawn problem as JAX has them without 64 bits; options."""
    options = {k: v for k, v in problem.options.items() if k not in ("task", "threads")}
    assume(problem.y_true.dtype.kind in "fiub" and problem.y_pred.dtype.kind in "fiubV")
    assume("classes" in options or problem.case.task == "binary" or problem.y_pred.ndim == 2)
    if problem.case.task != "binary":
        options.setdefault("classes", problem.case.n_classes)
    numbers = [c for c in np.ravel(options.get("classes", 0)).tolist() if not isinstance(c, str)]
    assume(max(map(abs, numbers), default=0) < 2**31 - 1)
    y_true, y_pred = (
        a if a.dtype == BFLOAT16 else as_jax(a) for a in (problem.y_true, problem.y_pred)
    )
    weight = None if problem.weight is None else problem.weight.astype("f4")
    return y_true, y_pred, weight, options


def as_jax(array):
    if array.dtype.kind == "f" and array.dtype.itemsize > 4:
        return array.astype("f4")
    if array.dtype.kind in "iu" and array.dtype.itemsize > 4:
        return array.astype("i4")
    return np.array(array, array.dtype.newbyteorder("="))


def placed(array):
    if array.dtype == BFLOAT16:
        return jnp.asarray(widened(array)).astype(jnp.bfloat16)
    return jnp.asarray(array)


def same_counts(found, expected):
    """Rows of multilabel counts are only counted without float64."""
    for mine, theirs in zip(found._counts.arrays(), expected._counts.arrays(), strict=True):
        if mine is None:
            assert theirs is None
        else:
            np.testing.assert_array_equal(mine, np.asarray(theirs)[: len(mine)])


step = jax.jit(update)


@given(tasks.any_task(divided=False), st.data())
def test_any_cut_into_batches_counts_what_score_counts(problem, data):
    y_true, y_pred, weight, options = in_jax(problem)
    expected = score(y_true, y_pred, task=problem.case.task, sample_weight=weight, **options)
    state, cut = init(problem.case.task, **options), data.draw(st.integers(0, len(y_true)))
    for rows in (slice(0, cut), slice(cut, None)):
        part = None if weight is None else weight[rows]
        state = step(state, placed(y_true[rows]), placed(y_pred[rows]), part)
    found = scores(state)
    same_counts(found, expected)  # weights are halves, whose sums are exact
    assert repr(found.accuracy) == repr(expected.accuracy)
    assert found.classes == expected.classes
    for kind in ("micro", "macro", "weighted"):
        assert repr(getattr(found, kind).fbeta) == repr(getattr(expected, kind).fbeta)


BATCHES = {
    "binary": ((4, 30), {"threshold": 0.3}),
    "multiclass": ((4, 30, 5), {"classes": 5}),
    "multilabel": ((4, 30, 5), {"classes": 5, "threshold": [0.1, 0.2, 0.5, 0.8, 0.9]}),
}


def batches(task):
    shape, options = BATCHES[task]
    rng = np.random.default_rng(0)
    p = rng.random(shape, np.float32)
    if task == "multiclass":
        y = rng.integers(0, 5, shape[:2])
    else:
        y = (rng.random(shape) < 0.4).astype("i4")
    return y, p, options


@pytest.mark.parametrize("task", BATCHES)
def test_a_state_goes_through_scan_vmap_and_donation(task):
    y, p, options = batches(task)
    flat = p.reshape(-1) if task == "binary" else p.reshape(-1, 5)
    expected = score(
        y.reshape(flat.shape if task == "multilabel" else -1), flat, task=task, **options
    )
    state = init(task, **options)

    @jax.jit
    def epoch(state, y, p):
        return jax.lax.scan(lambda state, batch: (update(state, *batch), None), state, (y, p))[0]

    same_counts(scores(epoch(state, y, p)), expected)
    states = jax.vmap(update, in_axes=(None, 0, 0))(state, y, p)
    with pytest.raises(F1Error, match=r"these are 4 states: add them up"):
        scores(states)
    same_counts(scores(jax.tree.map(lambda each: each.sum(0), states)), expected)
    donating = jax.jit(update, donate_argnums=0)
    for one, other in zip(y, p, strict=True):
        state = donating(state, one, other)
    same_counts(scores(state), expected)


def test_states_of_several_devices_add_up():
    assert jax_jobs.run("devices", XLA_FLAGS="--xla_force_host_platform_device_count=2") == "added"


def test_with_64_bits_rows_have_averages_and_labels_may_be_large():
    assert jax_jobs.run("x64", JAX_ENABLE_X64="1") == "exact"


def test_without_64_bits_samples_averages_say_that_rows_were_only_counted():
    y, p, options = batches("multilabel")
    found = scores(update(init("multilabel", **options), y[0], p[0]))
    assert found.exact_match == score(y[0], p[0], task="multilabel", **options).exact_match
    with pytest.raises(F1Error, match="samples averages look at every row"):
        _ = found.samples


def test_two_states_add_up_by_leaf_unless_their_options_differ():
    y, p, options = batches("multiclass")
    parts = [update(init("multiclass", **options), *batch) for batch in zip(y, p, strict=True)]
    total = jax.tree.map(lambda *leaves: sum(leaves), *parts)
    same_counts(scores(total), score(y.ravel(), p.reshape(-1, 5), **options))
    with pytest.raises(ValueError, match=r"beta=2\.0"):
        jax.tree.map(jnp.add, parts[0], init("multiclass", classes=5, beta=2.0))


def test_equal_shapes_are_traced_once():
    traced = []

    @jax.jit
    def step(state, y, p):
        traced.append(y.shape)
        return update(state, y, p)

    y, p, options = batches("multiclass")
    for _epoch in range(3):
        state = init("multiclass", zero_division=float("nan"), **options)
        for one, other in zip(y, p, strict=True):
            state = step(state, one, other)
    step(state, y[0][:7], p[0][:7])
    assert traced == [(30,), (7,)]


def limbs_of(counts):
    return jnp.asarray(np.stack([counts >> bits & 0xFFFF for bits in (0, 16, 32, 48)]), jnp.int32)


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_counters_of_32_bits_go_up_to_2_to_the_63_and_no_further(task):
    y, p, options = batches(task)
    one = update(init(task, **options), y[0], p[0])
    counts = np.asarray(one.counts[0]).astype("i8")
    for power in (16, 31, 32, 47, 48, 57):
        for less in (0, 1):  # one batch short of a carry
            state = replace(one, counts=limbs_of(counts * (2**power - less)))
            found = scores(step(state, y[0], p[0]))
            np.testing.assert_array_equal(
                found._counts.per_class, scores(one)._counts.per_class * (2**power - less + 1)
            )
    both = jax.tree.map(jnp.add, state, state)
    assert scores(step(both, y[0], p[0])).total == 30 * (2**58 - 1)
    full = replace(one, counts=limbs_of(counts * 0 + (2**63 - 1)))
    with pytest.raises(F1Error, match=r"counts end at 2\^63"):
        scores(step(full, y[0], p[0]))


def test_weights_are_not_lost_beside_a_large_sum():
    state = step(init("binary"), np.array([1]), np.float32([0.9]), np.float32([2.0**25]))
    for _ in range(200):
        state = step(state, np.array([1]), np.float32([0.1]), np.float32([0.5]))
    found = scores(step(state, np.array([1, 0]), np.float32([0.1, 0.2])))  # of weight 1
    assert found.binary.support == 2.0**25 + 101 and found.total == 2.0**25 + 102


def test_a_matrix_of_many_classes_is_weighed():
    rng = np.random.default_rng(0)
    y, p, w = rng.integers(0, 90, 500), rng.random((500, 90), np.float32), rng.integers(0, 9, 500)
    found = scores(step(init("multiclass", classes=90), y, p, w.astype("f4")))
    expected = score(y, p, sample_weight=w.astype(float))
    np.testing.assert_array_equal(found.confusion, expected.confusion)


@pytest.mark.parametrize("k", [1, 2, 3, 9])
def test_the_first_of_equals_wins_and_zero_has_no_sign(k):
    p = np.zeros((3, 12), np.float32)
    p[:, 1::2] = -0.0
    p[1] = -np.inf
    p[2, 5:] = 0.5
    state = step(init("multiclass", classes=12, top_k=k), np.zeros(3, int), p)
    expected = score(np.zeros(3, int), p, top_k=k)
    np.testing.assert_array_equal(scores(state)._counts.per_class, expected._counts.per_class)


def test_dense_predictions_have_their_classes_last():
    rng = np.random.default_rng(0)
    p, ids = rng.random((2, 3, 4, 5), np.float32), np.arange(24).reshape(2, 3, 4) % 5
    rows, eye = p.reshape(-1, 5), np.eye(5, dtype="f4")[ids]
    weight = rng.integers(1, 5, (2, 3, 4)).astype("f4")
    for task, pred, true, expected in [
        ("multiclass", p, ids, score(ids.ravel(), rows)),
        ("multiclass", p, ids[..., None], score(ids.ravel(), rows)),
        ("multiclass", p, eye, score(ids.ravel(), rows)),
        ("multiclass", p.argmax(-1), ids, score(ids.ravel(), rows)),
        ("multilabel", p, eye, score(eye.reshape(-1, 5), rows, task="multilabel")),
        ("binary", p[..., 0], ids % 2, score(ids.ravel() % 2, rows[:, 0])),
        ("binary", p[..., :1], ids % 2, score(ids.ravel() % 2, rows[:, 0])),
    ]:
        state = init(task, classes=2 if task == "binary" else 5)
        same_counts(scores(update(state, true, pred)), expected)
        if task == "multiclass":
            whole = scores(update(state, true, pred, weight))
            assert whole.total == weight.sum()
            by_item = scores(update(state, true, pred, weight[:, 0, 0]))
            assert by_item.total == 12 * weight[:, 0, 0].sum()


def test_labels_that_32_bits_do_not_hold_become_no_others():
    p = np.eye(3, dtype="f4")[[1]]
    for label in (2**32 + 1, -(2**32) + 1):
        with pytest.raises(F1Error, match="1 row holds a target that is none of the classes"):
            scores(update(init("multiclass", classes=3), np.array([label]), p))
    with pytest.raises(F1Error, match="classes holds 1099511627776, which JAX's int32 does not"):
        update(init("multiclass", classes=[0, 2**40, 1]), np.array([0]), p)
    labels = jnp.array([2**32 - 1, 1], jnp.uint32)
    with pytest.raises(F1Error, match="1 row holds a target"):
        scores(update(init("binary", classes=[-1, 1]), labels, jnp.array([0.1, 0.9])))


@pytest.mark.parametrize(
    ("task", "options", "y", "p", "weight", "sentence"),
    [
        ("multiclass", {"classes": 3}, [0, 3, -1], np.eye(3), None,
         r"^2 rows hold a target that is none of the classes \[0, 1, 2\], or no one-hot row: ref"),
        ("multiclass", {"classes": 3}, [0, 1, 2], [[0, 1, np.nan]] * 3, None,
         "^3 rows hold a score that is NaN"),
        ("multiclass", {"classes": 2}, [[1, 1], [0, 0], [1, 0]], np.ones((3, 2)), None,
         "^2 rows hold a target"),
        ("multiclass", {"classes": 3}, [0, 1, 2], [0, 1, 7], None, "^1 row holds .* label that is"),
        ("binary", {}, [0, 1, 2], [0.1, -3.0, 0.2], None,
         r"^1 row holds a target .*; 1 row holds a score .* outside \[0, 1\] \(logits"),
        ("binary", {"from_logits": True}, [0, 1], [0.1, np.nan], None, "a score that is NaN: ref"),
        ("multilabel", {"classes": 2}, [[0, 2], [1, 1]], [[0, 1], [0.5, 2]], None,
         "^1 row holds a target other than 0 and 1; 1 row holds a score"),
        ("binary", {}, [0, 1, 1], [0.1, 0.9, 0.9], [1.0, -1.0, np.inf],
         "^2 rows hold a weight that is negative or not finite"),
    ],
)  # fmt: skip
def test_what_score_refuses_counts_nowhere_and_is_told(task, options, y, p, weight, sentence):
    p = np.asarray(p)
    p = p if p.dtype.kind == "i" else p.astype("f4")
    weight = None if weight is None else np.float32(weight)
    state = step(init(task, **options), np.array(y), p, weight)
    with pytest.raises(F1Error, match=sentence):
        scores(state)
    with pytest.raises(F1Error):
        score(np.array(y), p, task=task, sample_weight=weight, **options)
    if task != "multilabel":
        wrong = int(np.asarray(state.refused).sum())
        total = state.sums[0] if weight is not None else state.counts[0]
        kept = total.sum() if state.layout.matrix else total[-1]
        assert kept == len(y) - wrong


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: init("multiclass"), "classes is None; say how many"),
        (lambda: init("multi"), "task is 'multi'"),
        (lambda: init(None), "task is None"),
        (lambda: init("binary", resamples=30), "resamples= is for an f1core.Accumulator"),
        (lambda: init("binary", seed=3), "seed= is for an f1core.Accumulator"),
        (lambda: init("binary", threads=2), "threads= is for an f1core.Accumulator"),
        (lambda: init("binary", thresold=0.3), "no option thresold=; did you mean threshold="),
        (lambda: init("binary", pos_label="spam"), "pos_label is 'spam', and the other label must"),
        (lambda: init("multiclass", classes=3, threshold=0.3), "threshold=0.3 is for binary"),
        (lambda: put("multiclass", 3, [0], np.ones((1, 2))), "y_pred has 2 columns, there are 3"),
        (lambda: put("multiclass", 3, [0, 1], np.ones((1, 3))), "y_true has 2 rows, y_pred has 1"),
        (lambda: scores(put("multiclass", 3, [0], np.array([0.5]))), "predicted label that is no"),
        (lambda: put("binary", None, [0], np.ones((1, 2))), "a binary task needs one column"),
        (lambda: put("multilabel", 2, [0], np.ones((1, 2))), "needs one column a label"),
        (lambda: put("multiclass", 3, ["a"], np.ones((1, 3))), "arrays of JAX hold numbers"),
        (lambda: put("multiclass", 3, np.zeros((2, 5)), np.ones((2, 3, 5))), r"moveaxis"),
        (lambda: put("binary", None, [0], np.ones(1), np.ones(2)), r"sample_weight is \(2,\)"),
        (lambda: put("binary", None, [0], np.array([1]), threshold=0.3), "threshold=0.3 is for"),
        (lambda: scores(init("binary")), "there are no rows to score"),
        (lambda: scores({"counts": 3}), "a state of f1core.adapters.jax.init is scored"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(made, sentence):
    with pytest.raises(F1Error, match=sentence):
        made()


def put(task, classes, y_true, y_pred, weight=None, **options):
    y_pred = y_pred.astype("f4") if y_pred.dtype.kind == "f" else y_pred
    return update(init(task, classes=classes, **options), np.array(y_true), y_pred, weight)


def test_without_jax_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, "f1core.adapters.jax")
    with pytest.raises(ImportError, match=r"^f1core.adapters.jax needs jax: pip install"):
        import f1core.adapters.jax  # noqa: F401


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_training_step_counts_what_it_predicts(dtype):
    """The metric is a part of the compiled steps; each epoch has the value of all its rows."""
    train, valid = digits()
    network, optimizer = Network(), optax.adam(0.05)
    params = network.init(jax.random.key(0), train.x[:1])

    @jax.jit
    def train_step(carried, batch):
        params, state, counted = carried
        x, y = batch

        def loss(params):
            logits = network.apply(params, x).astype(dtype)
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), logits

        grads, logits = jax.grad(loss, has_aux=True)(params)
        updates, state = optimizer.update(grads, state)
        counted = update(counted, y, logits)
        return (optax.apply_updates(params, updates), state, counted), logits

    @jax.jit
    def valid_step(params, counted, x, y):
        logits = network.apply(params, x).astype(dtype)
        return update(counted, y, logits), logits

    rng = np.random.default_rng(0)
    empty, state, best = init("multiclass", classes=10), optimizer.init(params), BestEpoch()
    for _epoch in range(6):
        rows = rng.permutation(1200).reshape(-1, 60)
        carried = params, state, empty
        carried, logits = jax.lax.scan(train_step, carried, (train.x[rows], train.y[rows]))
        params, state, trained = carried
        y = train.y[rows].ravel()
        assert scores(trained).accuracy == (np.asarray(logits).argmax(-1).ravel() == y).mean()
        counted, predicted = empty, []
        for start in range(0, len(valid.y), 100):
            part = slice(start, start + 100)
            counted, logits = valid_step(params, counted, valid.x[part], valid.y[part])
            predicted.append(np.asarray(logits.argmax(1)))
        f1 = scores(counted).macro.f1
        theirs = f1_score(valid.y, np.concatenate(predicted), average="macro")
        assert f1 == pytest.approx(theirs, abs=1e-12)
        best.update(f1)
    assert best.best > 0.85


def test_labels_that_are_no_class_are_counted_in_a_last_column():
    rng = np.random.default_rng(3)
    for task, classes, names in (
        ("multiclass", 3, [0, 1, 2]), ("multiclass", [5, 2, 9], [5, 2, 9]), ("binary", 2, [0, 1]),
    ):  # fmt: skip
        how = {"classes": classes, "unknown": "miss"}
        state, expected = init(task, **how), Accumulator(task, **how)
        step = jax.jit(update)
        for _ in range(3):
            true, pred = rng.choice(names, 50), rng.choice([*names, 77, -1], 50)
            state = step(state, jnp.asarray(true), jnp.asarray(pred))
            expected.update(true, pred)
        assert scores(state).to_dict() == expected.compute().to_dict()
        assert scores(state).confusion.tolist() == expected.compute().confusion.tolist()
        with pytest.raises(F1Error, match="unknown='miss' is for predicted labels"):
            update(state, jnp.asarray(true), jnp.asarray(pred, jnp.float32))
    with pytest.raises(F1Error, match="unknown='miss' is for predicted labels"):
        update(init("multiclass", classes=3, unknown="miss"), jnp.array([0]), jnp.eye(3)[:1])
    state = init("multiclass", classes=3, unknown="miss")
    state = update(state, jnp.array([0, 3]), jnp.array([0, 3]))
    with pytest.raises(F1Error, match="a target that is none of the classes"):
        scores(state)
