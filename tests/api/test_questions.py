"""Five questions people ask about F1 in Keras, answered by real networks, beside scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score, precision_recall_fscore_support

import f1core

keras = pytest.importorskip("keras", exc_type=ImportError)

from f1core.adapters.keras import ScoreCallback, ScoreMetric  # noqa: E402

# Frameworks warn about each other.
pytestmark = pytest.mark.filterwarnings("ignore")


def network(inputs, width, last, loss, metrics=(), rate=0.01):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((inputs,)), keras.layers.Dense(24, "relu"), keras.layers.Dense(width, last)]
    )
    model.compile(keras.optimizers.Adam(rate), loss, metrics=list(metrics))
    return model


class Seen(keras.callbacks.Callback):
    """The validation predictions and weights of each epoch."""

    def __init__(self, x):
        super().__init__()
        self.x, self.each, self.weights = x, [], []

    def on_epoch_end(self, epoch, logs=None):
        self.each.append(self.model.predict(self.x, verbose=0))
        self.weights.append(self.model.get_weights())


def tagged(rows, width, rarest, seed=0):
    """Rows with any number of labels, from frequent ones to rare ones."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, width)).astype("f4")
    cut = np.linspace(0.5, rarest, width)
    return x, (x + rng.standard_normal(x.shape) / 2 > cut).astype("i4")


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_micro_f1_over_15_imbalanced_labels_stops_the_training():
    (x, y), (vx, vy) = tagged(600, 15, 2.2), tagged(400, 15, 2.2, seed=1)
    assert vy.mean(axis=0).max() > 10 * vy.mean(axis=0).min() > 0
    metric = ScoreMetric("f1", task="multilabel", classes=15, average="micro")
    model = network(15, 15, "sigmoid", "binary_crossentropy", [metric], rate=0.05)
    stop = keras.callbacks.EarlyStopping(
        "val_f1", mode="max", patience=2, restore_best_weights=True
    )
    seen = Seen(vx)
    logs = model.fit(
        x, y, validation_data=(vx, vy), epochs=30, verbose=0, callbacks=[stop, seen]
    ).history
    values = [f1_score(vy, p > 0.5, average="micro", zero_division=0) for p in seen.each]
    close(logs["val_f1"], values)
    best = int(np.argmax(values))
    assert len(values) == best + 3 < 30
    for mine, then in zip(model.get_weights(), seen.weights[best], strict=True):
        np.testing.assert_array_equal(mine, then)


def test_f1_on_two_positives_in_a_thousand_cross_validated(data):
    flights = np.load(data / "flights.npz")
    y = flights["y_true"]
    x = np.log(flights["y_prob"] / (1 - flights["y_prob"]))[:, None].clip(-12, 0) / 4 + 1.5
    fold = np.random.default_rng(0).integers(0, 3, len(y))
    total, pooled = f1core.Accumulator("binary"), np.zeros(len(y), bool)
    batches = []
    for k in range(3):
        model = network(1, 1, "sigmoid", "binary_crossentropy", rate=0.05)
        held = fold == k
        callback = ScoreCallback(x[held], y[held], task="binary", batch_size=1 << 15)
        how = {"batch_size": 2048, "epochs": 6, "verbose": 0, "class_weight": {0: 1.0, 1: 40.0}}
        logs = model.fit(x[~held], y[~held], callbacks=[callback], **how).history
        p = model.predict(x[held], batch_size=1 << 15, verbose=0)[:, 0]
        assert logs["val_f1"][-1] == pytest.approx(f1_score(y[held], p > 0.5, zero_division=0))
        total.update(y[held], p)  # counts add up over folds, F1 does not
        pooled[held] = p > 0.5
        cuts = range(0, held.sum(), 32)
        tp, pred, true = (
            np.add.reduceat(flags.astype(int), cuts)
            for flags in (pooled[held] & (y[held] == 1), pooled[held], y[held])
        )
        batches.extend(2 * tp / np.maximum(pred + true, 1))
    right = f1_score(y, pooled)
    assert total.compute().binary.f1 == pytest.approx(right, abs=1e-12)
    assert right > 0.02
    assert np.mean(batches) < 0.6 * right  # what averages over batches tell


def test_the_weights_of_the_best_validation_f1_are_kept(tmp_path):
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("f4")
    (x, y), (vx, vy) = (x[:500], y[:500]), (x[1200:], y[1200:])
    path = str(tmp_path / "best.keras")
    callbacks = [
        ScoreCallback(vx, vy, task="multiclass"),  # first, so that the next one sees val_f1
        keras.callbacks.ModelCheckpoint(path, "val_f1", mode="max", save_best_only=True),
        seen := Seen(vx),
    ]
    model = network(64, 10, "softmax", "sparse_categorical_crossentropy", rate=0.06)
    logs = model.fit(x, y, epochs=8, verbose=0, callbacks=callbacks).history
    values = [f1_score(vy, p.argmax(axis=1), average="macro") for p in seen.each]
    np.testing.assert_allclose(logs["val_f1"], values, atol=1e-12)
    kept = keras.models.load_model(path).get_weights()
    for mine, then in zip(kept, seen.weights[int(np.argmax(values))], strict=True):
        np.testing.assert_array_equal(mine, then)


def test_macro_f1_precision_and_recall_over_16_one_hot_classes():
    rng = np.random.default_rng(0)
    centre = rng.standard_normal((16, 6)) * 1.5
    ids = rng.integers(0, 16, 1500)
    x = (centre[ids] + rng.standard_normal((1500, 6))).astype("f4")
    y, train, val = np.eye(16, dtype="f4")[ids], slice(900), slice(900, None)
    metric = ScoreMetric(["f1", "precision", "recall"], task="multiclass", classes=16)
    model = network(6, 16, "softmax", "categorical_crossentropy", [metric])
    seen = Seen(x[val])
    logs = model.fit(
        x[train], y[train], validation_data=(x[val], y[val]), epochs=4, verbose=0, callbacks=[seen]
    ).history
    how = {"average": "macro", "zero_division": 0}
    for epoch, p in enumerate(seen.each):
        expected = precision_recall_fscore_support(ids[val], p.argmax(axis=1), **how)[:3]
        found = [logs[f"val_{name}"][epoch] for name in ("precision", "recall", "f1")]
        close(found, expected)
        rounded = precision_recall_fscore_support(y[val], p.round(), **how)[:3]
        assert abs(rounded[1] - expected[1]) > 0.05  # a maximum below 0.5 rounds to no class


def test_39_precisions_and_39_recalls_every_epoch():
    (x, y), (vx, vy) = tagged(500, 39, 2.0), tagged(300, 39, 2.0, seed=1)
    names = [f"tag{i}" for i in range(39)]
    metric = ScoreMetric(
        ["precision", "recall"], task="multilabel", classes=names, average="per_class"
    )
    model = network(39, 39, "sigmoid", "binary_crossentropy", [metric])
    seen = Seen(vx)
    logs = model.fit(x, y, validation_data=(vx, vy), epochs=3, verbose=0, callbacks=[seen]).history
    for epoch, p in enumerate(seen.each):
        expected = precision_recall_fscore_support(vy, p > 0.5, zero_division=0)
        for row, ratio in enumerate(("precision", "recall")):
            close([logs[f"val_{ratio}_{name}"][epoch] for name in names], expected[row])
    assert len([key for key in logs if key.startswith("val_recall_")]) == 39
