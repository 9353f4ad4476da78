"""Real networks on the current Keras backend: every epoch's value is scikit-learn's."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import f1_score, precision_recall_fscore_support

import f1core

keras = pytest.importorskip("keras", exc_type=ImportError)

from f1core.adapters.keras import ScoreCallback, ScoreMetric  # noqa: E402

BACKEND = keras.backend.backend()
VERSION = tuple(map(int, keras.__version__.split(".")[:2]))
if BACKEND == "tensorflow":  # two devices for a strategy, to be asked for before any is used
    import tensorflow as tf

    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
    )
# Frameworks warn about each other; what concerns f1core is tested without this.
pytestmark = pytest.mark.filterwarnings("ignore")


def digits():
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("f4")
    return (x[:600], y[:600]), (x[1000:1301], y[1000:1301])


def tumours():
    x, y = load_breast_cancer(return_X_y=True)
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype("f4")
    return (x[:300], y[:300]), (x[300:433], y[300:433])


def labels(n, width=4, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 8)).astype("f4")
    return x, (x[:, :width] + rng.standard_normal((n, width)) / 2 > 0.5).astype("i4")


LOSSES = {
    "softmax": "sparse_categorical_crossentropy",
    "sigmoid": "binary_crossentropy",
    None: keras.losses.BinaryCrossentropy(from_logits=True),
}


def network(inputs, width, last, rate=0.01, **compiled):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((inputs,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(width, last)]
    )
    model.compile(keras.optimizers.Adam(rate), LOSSES[last], **compiled)
    return model


class Seen(keras.callbacks.Callback):
    """The predictions and weights of each epoch, for scikit-learn."""

    def __init__(self, x):
        super().__init__()
        self.x, self.each, self.weights = x, [], []

    def on_epoch_end(self, epoch, logs=None):
        predicted = self.model.predict(self.x, verbose=0)
        self.each.append(keras.tree.map_structure(np.asarray, predicted))
        self.weights.append(self.model.get_weights())


def trained(model, train, val=None, callbacks=(), x=None, epochs=3, **how):
    seen = Seen(val[0] if x is None else x)
    if isinstance(train, tuple):
        how = {"batch_size": 64, "x": train[0], "y": train[1]} | how
    else:
        how["x"] = train
    history = model.fit(
        validation_data=val, epochs=epochs, verbose=0, callbacks=[*callbacks, seen], **how
    )
    return history.history, seen.each, seen.weights


def macro(y, p, **how):
    return f1_score(y, p.argmax(axis=1), average="macro", zero_division=0, **how)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


HOW = [{}]
if BACKEND != "torch":  # where Keras takes one step at a time, and compiling one takes minutes
    HOW += [{"jit_compile": True}, {"steps_per_execution": 3}]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_each_epoch_has_the_value_of_all_its_rows(how):
    train, val = digits()
    metric = ScoreMetric("f1", task="multiclass", classes=10)
    others = ScoreMetric(["precision_micro", "mcc"], task="multiclass", classes=10)
    model = network(64, 10, "softmax", metrics=[metric, others], **how)
    logs, each, _ = trained(model, train, val)
    close(logs["val_f1"], [macro(val[1], p) for p in each])
    whole = [f1core.score(val[1], p) for p in each]
    close(logs["val_precision_micro"], [s.micro.precision for s in whole])
    close(logs["val_mcc"], [s.mcc for s in whole])
    assert 0 < logs["f1"][0] < logs["f1"][-1]
    close(model.evaluate(*val, verbose=0, return_dict=True)["f1"], macro(val[1], each[-1]))
    assert metric.scores().to_dict() == pytest.approx(whole[-1].to_dict(), abs=1e-12)


def test_one_hot_targets_and_weights():
    (x, y), (vx, vy) = digits()
    weight = np.random.default_rng(0).random(len(vy)).astype("f4")
    of = {"task": "multiclass", "classes": 10}
    model = network(64, 10, "softmax")
    model.compile(
        "adam", "categorical_crossentropy", metrics=[ScoreMetric(**of)],
        weighted_metrics=[ScoreMetric(name="weighted", **of)],
    )  # fmt: skip
    eye = np.eye(10, dtype="f4")
    logs, each, _ = trained(model, (x, eye[y]), (vx, eye[vy], weight))
    close(logs["val_f1"], [macro(vy, p) for p in each])
    close(logs["val_weighted"], [macro(vy, p, sample_weight=weight) for p in each])


@pytest.mark.parametrize("last", ["sigmoid", None])
def test_binary_from_probabilities_and_logits(last):
    train, val = tumours()
    logits = last is None
    metric = ScoreMetric("f1", task="binary", threshold=0.3, from_logits=logits)
    callback = ScoreCallback(*val, task="binary", threshold=0.3, from_logits=logits, prefix="own_")
    model = network(30, 1, last, 0.003, metrics=[metric])
    logs, each, _ = trained(model, train, val, [callback])
    cut = np.float32(np.log(0.3 / 0.7)) if logits else np.float32(0.3)
    expected = [
        precision_recall_fscore_support(val[1], p[:, 0] > cut, average="binary") for p in each
    ]
    close(logs["val_f1"], [e[2] for e in expected])
    for key, column in (("own_precision", 0), ("own_recall", 1), ("own_f1", 2)):
        np.testing.assert_allclose(logs[key], [e[column] for e in expected], atol=1e-12)
        assert all(type(value) is float for value in logs[key])


def test_multilabel_with_cells_that_count_nowhere():
    train, (vx, vy) = labels(500), labels(200, seed=1)
    vy[::3, 1] = -1
    metric = ScoreMetric("f1", task="multilabel", classes=4, average="micro", ignore_index=-1)
    model = network(8, 4, "sigmoid")
    model.compile("adam", "mse", metrics=[metric])
    logs, each, _ = trained(model, train, (vx, vy))
    close(logs["val_f1"], [f1_score(vy[vy >= 0], p[vy >= 0] > 0.5, zero_division=0) for p in each])


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "bfloat16"])
def test_half_precision(policy):
    (x, y), val = digits()
    keras.config.set_dtype_policy(policy)
    try:
        metric = ScoreMetric("f1", task="multiclass", classes=10)
        callback = ScoreCallback(*val, task="multiclass", prefix="own_")
        model = network(64, 10, "softmax", metrics=[metric])
        logs, each, _ = trained(model, (x, y), val, [callback])
    finally:
        keras.config.set_dtype_policy("float32")
    close(logs["own_f1"], [macro(val[1], p.astype("f4")) for p in each])
    # A compiled step may keep more digits than the predictions that leave it: ties then differ.
    np.testing.assert_allclose(logs["val_f1"], logs["own_f1"], atol=0.02)


class TestTheBestEpoch:
    """It is the one that scikit-learn calls best, for weights restored and weights saved."""

    @pytest.mark.parametrize(
        ("kind", "mode"),
        [
            ("metric", "max"),
            pytest.param("metric", "auto", marks=pytest.mark.skipif(
                VERSION < (3, 11), reason="ModelCheckpoint knows the direction of a loss alone"
            )),
            ("callback", "max"),
        ],
    )  # fmt: skip
    def test_is_restored_and_saved(self, kind, mode, tmp_path):
        train, val = digits()
        path = str(tmp_path / "best.keras")
        metrics, first = [], []
        if kind == "metric":
            metrics = [ScoreMetric("f1", task="multiclass", classes=10)]
        else:
            first = [ScoreCallback(*val, task="multiclass")]
        stop = keras.callbacks.EarlyStopping(
            "val_f1", patience=2, mode=mode, restore_best_weights=True
        )
        keep = keras.callbacks.ModelCheckpoint(path, "val_f1", mode=mode, save_best_only=True)
        slow = keras.callbacks.ReduceLROnPlateau("val_f1", mode=mode, factor=0.95, patience=1)
        model = network(64, 10, "softmax", 0.2, metrics=metrics)
        logs, each, weights = trained(model, train, val, [*first, stop, keep, slow], epochs=25)
        values = [macro(val[1], p) for p in each]
        close(logs["val_f1"], values)
        best = int(np.argmax(values))
        assert best < len(values) - 1  # it did get worse
        saved = keras.models.load_model(path)
        for found in (model, saved):
            for mine, then in zip(found.get_weights(), weights[best], strict=True):
                np.testing.assert_array_equal(mine, then)
        if metrics:
            close(saved.evaluate(*val, verbose=0, return_dict=True)["f1"], max(values))


def two_headed(metrics):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((64,))
    hidden = keras.layers.Dense(8, "relu")(inputs)
    model = keras.Model(
        inputs,
        {
            "digit": keras.layers.Dense(10, "softmax", name="digit")(hidden),
            "odd": keras.layers.Dense(1, "sigmoid", name="odd")(hidden),
        },
    )
    losses = {"digit": "sparse_categorical_crossentropy", "odd": "binary_crossentropy"}
    model.compile("adam", losses, metrics=metrics)
    return model


def test_several_outputs():
    (x, y), (vx, vy) = digits()
    of = {"task": "multiclass", "classes": 10}
    model = two_headed({"digit": [ScoreMetric(**of)], "odd": [ScoreMetric(task="binary")]})
    targets, val = {"digit": y, "odd": y % 2}, {"digit": vy, "odd": vy % 2}
    own = [
        ScoreCallback(vx, val, output="digit", prefix="own_", **of),
        ScoreCallback(vx, vy % 2, output="odd", prefix="own_", task="binary"),
    ]
    logs, each, _ = trained(model, (x, targets), (vx, val), own)
    for prefix in ("val_", "own_"):
        close(logs[f"{prefix}digit_f1"], [macro(vy, p["digit"]) for p in each])
        odd = [f1_score(vy % 2, p["odd"][:, 0] > np.float32(0.5), zero_division=0) for p in each]
        close(logs[f"{prefix}odd_f1"], odd)
    with pytest.raises(f1core.F1Error, match="output is None; use one of 'digit', 'odd'"):
        trained(model, (x, targets), (vx, val), [ScoreCallback(vx, val, **of)])


class Slices(keras.utils.PyDataset):
    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return -(-len(self.arrays[0]) // 50)

    def __getitem__(self, i):
        return tuple(a[50 * i : 50 * (i + 1)] for a in self.arrays)


def as_tf(*arrays):
    tf = pytest.importorskip("tensorflow", exc_type=ImportError)
    return tf.data.Dataset.from_tensor_slices(arrays).batch(50)


def as_torch(*arrays):
    data = pytest.importorskip("torch.utils.data", exc_type=ImportError)
    torch = pytest.importorskip("torch")
    tensors = (torch.from_numpy(np.ascontiguousarray(a)) for a in arrays)
    return data.DataLoader(data.TensorDataset(*tensors), batch_size=50)


def as_function(*arrays):
    return lambda: iter(Slices(*arrays)[i] for i in range(len(Slices(*arrays))))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("made", [None, Slices, as_tf, as_torch, as_function])
def test_the_callback_reads_whatever_fit_reads(made, weighted):
    train, (vx, vy) = digits()
    weight = np.random.default_rng(0).random(len(vy)) if weighted else None
    arrays = (vx, vy, weight) if weighted else (vx, vy)
    of = {"task": "multiclass", "average": "weighted", "per_class": True}
    if made is None:
        callback = ScoreCallback(vx, vy, sample_weight=weight, batch_size=70, **of)
    else:
        callback = ScoreCallback(made(*arrays), **of)
    logs, each, _ = trained(network(64, 10, "softmax"), train, None, [callback], x=vx, epochs=2)
    expected = [
        precision_recall_fscore_support(
            vy, p.argmax(axis=1), average=None, labels=range(10), zero_division=0,
            sample_weight=weight,
        )
        for p in each
    ]  # fmt: skip
    for c in range(10):
        close(logs[f"val_recall_{c}"], [e[1][c] for e in expected])
    close(logs["val_f1"], [np.average(e[2], weights=e[3]) for e in expected])
    assert callback.scores.weighted.f1 == logs["val_f1"][-1]


def test_a_dataset_without_an_end_takes_steps():
    tf = pytest.importorskip("tensorflow", exc_type=ImportError)
    train, (vx, vy) = digits()
    endless = tf.data.Dataset.from_tensor_slices((vx, vy)).batch(43).repeat()
    with pytest.raises(f1core.F1Error, match="without an end: say steps="):
        ScoreCallback(endless, task="multiclass")
    callback = ScoreCallback(endless, task="multiclass", steps=7)
    logs, each, _ = trained(network(64, 10, "softmax"), train, None, [callback], x=vx, epochs=1)
    close(logs["val_f1"], [macro(vy, each[0])])


@pytest.mark.parametrize(("freq", "told"), [(1, 4), (2, 2), ([1, 2, 4], 3)])
def test_only_some_epochs_are_scored(freq, told):
    train, val = tumours()
    callback = ScoreCallback(*val, task="binary", validation_freq=freq)
    logs, _, _ = trained(network(30, 1, "sigmoid"), train, val, [callback], epochs=4)
    assert len(logs["val_f1"]) == told and len(logs["loss"]) == 4


def test_steps_of_sequences_are_rows():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((90, 6, 3)).astype("f4")
    y, weight = x.argmax(axis=2), rng.random((90, 6)).astype("f4")
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((6, 3)), keras.layers.Dense(3, "softmax")])
    of = {"task": "multiclass", "classes": 3}
    model.compile("adam", LOSSES["softmax"], weighted_metrics=[ScoreMetric(**of)])
    callback = ScoreCallback(x, y, sample_weight=weight, prefix="own_", **of)
    logs, each, _ = trained(model, (x, y), (x, y, weight), [callback], epochs=2)
    each = [macro(y.ravel(), p.reshape(-1, 3), sample_weight=weight.ravel()) for p in each]
    close(logs["val_f1"], each)
    close(logs["own_f1"], each)


def sentences(n=80, steps=7, seed=0):
    """Words of which 0 is padding, a class for each, and weights."""
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 20, (n, steps))
    x[np.arange(steps) >= rng.integers(1, steps + 1, n)[:, None]] = 0
    return x, rng.integers(0, 3, (n, steps)), rng.random((n, steps)).astype("f4")


class Tagger(keras.Model):
    """A model that is no graph of layers: its masks are known once it is called."""

    def __init__(self):
        super().__init__()
        self.words = keras.layers.Embedding(20, 4, mask_zero=True)
        self.tags = keras.layers.Dense(3, "softmax")

    def call(self, x):
        return self.tags(self.words(x))


def sequential():
    layers = [keras.layers.Embedding(20, 4, mask_zero=True), keras.layers.Dense(3, "softmax")]
    return keras.Sequential([keras.Input((7,)), *layers])


def two_taggers():
    inputs = keras.Input((7,))
    words = keras.layers.Embedding(20, 4, mask_zero=True)(inputs)
    outputs = {name: keras.layers.Dense(3, "softmax", name=name)(words) for name in ("b", "a")}
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize("make", [sequential, Tagger])
def test_masked_steps_count_nowhere_as_in_keras_own_metrics(make):
    x, y, weight = sentences()
    keras.utils.set_random_seed(1)
    model, of = make(), {"task": "multiclass", "classes": 3}
    metrics = [ScoreMetric(["f1", "accuracy"], **of), "sparse_categorical_accuracy"]
    weighted = [
        ScoreMetric(["f1", "accuracy"], name="weighted", **of),
        keras.metrics.SparseCategoricalAccuracy(name="theirs"),
    ]
    model.compile("adam", LOSSES["softmax"], metrics=metrics, weighted_metrics=weighted)
    own = [
        ScoreCallback(x, y, prefix="own_", **of),
        ScoreCallback(x, y, sample_weight=weight, prefix="weighed_", batch_size=30, **of),
    ]
    logs, each, _ = trained(model, (x, y), (x, y, weight), own, epochs=2)
    kept = x > 0
    expected = [macro(y[kept], p[kept]) for p in each]
    close(logs["val_f1"], expected)
    close(logs["own_f1"], expected)
    close(logs["val_accuracy"], [(p.argmax(axis=-1) == y)[kept].mean() for p in each])
    if VERSION >= (3, 15):  # 3.9 gives each batch the same weight, however much of it is masked
        close(logs["val_accuracy"], logs["val_sparse_categorical_accuracy"])
        close(logs["val_weighted_accuracy"], logs["val_theirs"])
        close(logs["accuracy"], logs["sparse_categorical_accuracy"])  # JAX trains without masks
    expected = [macro(y[kept], p[kept], sample_weight=weight[kept]) for p in each]
    close(logs["weighed_f1"], expected)
    if BACKEND != "torch":  # where the loss multiplies the weights by its mask in place
        close(logs["val_weighted_f1"], expected)
    assert abs(expected[-1] - macro(y.ravel(), each[-1].reshape(-1, 3))) > 0.01


def test_the_mask_is_that_of_the_output_that_is_scored():
    x, y, _ = sentences()
    keras.utils.set_random_seed(1)
    model = two_taggers()
    model.compile("adam", LOSSES["softmax"])
    callback = ScoreCallback(x, y, output="a", task="multiclass", classes=3)
    logs, each, _ = trained(model, (x, {"a": y, "b": y}), (x, {"a": y, "b": y}), [callback])
    close(logs["val_a_f1"], [macro(y[x > 0], p["a"][x > 0]) for p in each])


@pytest.mark.parametrize(
    ("task", "width", "option", "how"),
    [("multilabel", 4, "from_logits=True", {}), ("multiclass", 4, "task='multilabel'", {}),
     *(("binary", 1, "from_logits=True", how) for how in [{}, {"run_eagerly": True}, *HOW[1:]])],
    ids=str,
)  # fmt: skip
def test_rows_counted_as_wrong_are_told_once_at_an_epochs_end(task, width, option, how):
    """Logits that nobody said are logits, and rows of several flags."""
    x, y = labels(200)
    y, last = (y[:, 0], None) if task == "binary" else (y, "softmax" if option[0] == "t" else None)
    metric = ScoreMetric("f1", task=task, classes=None if task == "binary" else width)
    model = network(8, width, last)
    model.compile("adam", LOSSES[None], metrics=[metric], **how)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        trained(model, (x, y), (x, y), epochs=2)
    told = [str(each.message) for each in told if "counted as wrong" in str(each.message)]
    assert len(told) == 1 and option in told[0]
    assert f" of {len(x)} rows" in told[0]


@pytest.mark.parametrize(
    ("task", "how", "monitor"),
    [
        ("binary", {"per_class": True}, "val_threshold"),
        ("multilabel", {"shared": True}, "val_threshold"),
        ("multilabel", {}, "val_threshold_1"),
        ("multiclass", {"prefix": "v_"}, "v_threshold_0"),
    ],
)
def test_a_callback_that_would_not_see_a_threshold_is_named(task, how, monitor):
    x, y = np.zeros((4, 2), np.float32), np.array([0, 1, 0, 1])
    true = np.eye(2, dtype=int)[y] if task == "multilabel" else y
    mine = ScoreCallback(x, true, task=task, threshold="best", **how)
    width, last = (1, "sigmoid") if task == "binary" else (2, "softmax")
    model = network(2, width, last)
    model.compile("sgd", "mse")
    target = y if task == "binary" else np.eye(2)[y]
    ahead = keras.callbacks.EarlyStopping(monitor=monitor, mode="min")
    with pytest.raises(f1core.F1Error, match=f"monitors '{monitor}' and is listed ahead"):
        model.fit(x, target, verbose=0, callbacks=[ahead, mine])
    # Which way a threshold is better is the user's to say.
    logs = model.fit(x, target, verbose=0, callbacks=[mine, ahead]).history
    assert len(logs[monitor]) == 1


def test_the_mean_of_both_classes_is_best_where_it_is_asked_for():
    rng = np.random.default_rng(0)
    y = (rng.random(200) < 0.8).astype(int)
    x = np.stack([y + rng.normal(size=200), rng.normal(size=200)], axis=1).astype(np.float32)
    mine = ScoreCallback(x, y, task="binary", average="macro", threshold="best", batch_size=64)
    model = network(2, 1, "sigmoid")
    model.compile("sgd", "binary_crossentropy")
    logs = model.fit(x, y, verbose=0, callbacks=[mine]).history
    p = model.predict(x, verbose=0)[:, 0]
    tried = [f1core.score(y, p, threshold=float(at)).macro.f1 for at in np.unique(p)]
    assert logs["val_f1"][-1] == pytest.approx(max(tried), abs=1e-12)
    assert f1core.score(y, p, threshold=logs["val_threshold"][-1]).macro.f1 == logs["val_f1"][-1]


@pytest.mark.parametrize("name", ["EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau"])
def test_a_callback_that_would_not_see_the_key_is_named_before_the_first_epoch(name, tmp_path):
    train, val = tumours()
    how = {"filepath": str(tmp_path / "x.keras")} if name == "ModelCheckpoint" else {}
    make = getattr(keras.callbacks, name)
    mine = ScoreCallback(*val, task="binary", per_class=True)
    model = network(30, 1, "sigmoid")
    for monitor in ("val_f1", "val_recall_1"):
        ahead = make(monitor=monitor, mode="max", **how)
        with pytest.raises(
            f1core.F1Error, match=f"{name} monitors '{monitor}' and is listed ahead"
        ):
            trained(model, train, val, [ahead, mine])
        for mode in ("auto", "min"):
            other = make(monitor=monitor, mode=mode, **how)
            said = f"(with mode='{mode}'|and takes less for better): say mode='max'"
            with pytest.raises(f1core.F1Error, match=said):
                trained(model, train, val, [mine, other])
    trained(model, train, val, [make(monitor="val_loss", **how), mine], epochs=1)


def pairs():
    yield np.zeros((2, 30), "f4"), np.array([0, 1])


WRONG = {
    "x is a generator, which is used up": lambda: ScoreCallback(pairs(), task="binary"),
    "and y is None: give y": lambda: ScoreCallback(np.zeros((3, 2)), task="binary"),
    "leave out y": lambda: ScoreCallback(Slices(np.zeros(3)), np.zeros(3), task="binary"),
    "have \\[2, 3\\] rows": lambda: ScoreCallback(np.zeros((3, 2)), [0, 1], task="binary"),
    "sample_weight goes with arrays": lambda: ScoreCallback(
        pairs, task="binary", sample_weight=[1]
    ),
    "average is 'samples'": lambda: ScoreCallback(pairs, task="binary", average="samples"),
    "threshold is 2": lambda: ScoreCallback(pairs, task="binary", threshold=2),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(sentence):
    with pytest.raises(f1core.F1Error, match=sentence):
        WRONG[sentence]()


def test_batches_without_targets_are_refused():
    model = network(30, 1, "sigmoid")
    train, val = tumours()
    with pytest.raises(f1core.F1Error, match="batches without targets"):
        trained(model, train, val, [ScoreCallback(Slices(val[0]), task="binary")])


@pytest.mark.skipif(BACKEND != "tensorflow", reason="a strategy of TensorFlow")
def test_replicas_add_up():
    devices = [device.name for device in tf.config.list_logical_devices("CPU")]
    assert len(devices) == 2
    train, val = digits()
    with tf.distribute.MirroredStrategy(devices).scope():
        metric = ScoreMetric("f1", task="multiclass", classes=10)
        model = network(64, 10, "softmax", metrics=[metric])
    logs, each, _ = trained(model, train, val, batch_size=60)
    close(logs["val_f1"], [macro(val[1], p) for p in each])
    model.evaluate(*val, verbose=0)
    assert metric.scores().total == len(val[1])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"validation_freq": 0}, "validation_freq is 0; give a whole number from 1"),
        ({"validation_freq": "2"}, "validation_freq is '2'; give a whole number from 1"),
        ({"prefix": 3}, "prefix is 3; it must be text"),
        ({"num_classes": 3}, "ScoreCallback has no option num_classes="),
    ],
)
def test_options_of_the_callback_are_refused_when_it_is_made(options, sentence):
    with pytest.raises(f1core.F1Error, match=sentence):
        ScoreCallback(np.zeros((3, 2)), np.zeros(3), task="binary", **options)


@pytest.mark.parametrize("how", [{}, {"bins": 1024}], ids=str)
def test_early_stopping_watches_the_best_threshold(how):
    train, (x, y) = tumours()
    weight = np.random.default_rng(0).integers(1, 4, len(y)).astype("f4")
    mine = ScoreCallback(
        x, y, task="binary", sample_weight=weight, threshold="best", batch_size=50, **how
    )
    stop = keras.callbacks.EarlyStopping(
        "val_f1", mode="max", patience=3, restore_best_weights=True
    )
    model = network(30, 1, "sigmoid", rate=0.003)
    logs, each, _ = trained(model, train, (x, y), [mine, stop], epochs=25)
    best = [f1core.best_threshold(y, p, sample_weight=weight) for p in each]
    at = [f1_score(y, p[:, 0] > t, sample_weight=weight)
          for p, t in zip(each, logs["val_threshold"], strict=True)]  # fmt: skip
    close(logs["val_f1"], at)
    exact = [each.score for each in best]
    if how:
        assert mine.best.score <= exact[-1] <= mine.best.bound + 1e-9
    else:
        close(logs["val_f1"], exact)
        assert mine.best.score == mine.scores.binary.f1
    assert len(exact) < 25
    assert max(logs["val_f1"]) > f1_score(y, each[0][:, 0] > 0.5, sample_weight=weight)
    kept = model.predict(x, verbose=0)[:, 0]
    cut = logs["val_threshold"][int(np.argmax(logs["val_f1"]))]
    close(f1_score(y, kept > cut, sample_weight=weight), max(logs["val_f1"]))


def test_each_label_is_cut_by_its_best_threshold():
    x, y = labels(300)
    vx, vy = labels(200, seed=1)
    mine = ScoreCallback(vx, vy, task="multilabel", threshold="best", classes=list("abcd"))
    logs, each, _ = trained(network(8, 4, "sigmoid"), (x, y), (vx, vy), [mine])
    best = [f1core.best_threshold(vy, p, task="multilabel") for p in each]
    close(logs["val_f1"], [found.score for found in best])
    close([logs[f"val_threshold_{name}"][-1] for name in "abcd"], best[-1].threshold)
    assert "val_threshold" not in logs
    shared = ScoreCallback(
        vx, vy, task="multilabel", threshold="best", shared=True, average="micro"
    )
    logs, each, _ = trained(network(8, 4, "sigmoid"), (x, y), (vx, vy), [shared], epochs=1)
    found = f1core.best_threshold(vy, each[0], task="multilabel", shared=True, average="micro")
    close([logs["val_f1"][0], logs["val_threshold"][0]], [found.score, found.threshold])


def test_each_class_is_weighed_by_its_best_threshold():
    train, val = digits()
    rare = np.flatnonzero((val[1] > 2) | (np.arange(len(val[1])) % 4 == 0))  # few 0, 1 and 2
    x, y = val[0][rare], val[1][rare]
    mine = ScoreCallback(x, y, task="multiclass", threshold="best")
    logs, each, _ = trained(network(64, 10, "softmax"), train, (x, y), [mine], epochs=2)
    best = [f1core.best_threshold(y, p, task="multiclass") for p in each]
    close(logs["val_f1"], [found.score for found in best])
    close([logs[f"val_threshold_{i}"][-1] for i in range(10)], best[-1].threshold)
    assert mine.best.score >= macro(y, each[-1])
