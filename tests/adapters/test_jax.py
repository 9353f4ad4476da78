"""A JAX loop needs no adapter: the accumulator reads JAX's arrays, and BestEpoch says when."""

import numpy as np
import pytest
from digits import digits
from sklearn.metrics import f1_score

from f1core import Accumulator, BestEpoch

jax = pytest.importorskip("jax")
nn = pytest.importorskip("flax.linen")
optax = pytest.importorskip("optax")


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
