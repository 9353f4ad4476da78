"""skorch through `scorer`: EpochScoring, EarlyStopping, Checkpoint, and a search over nets."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
skorch = pytest.importorskip("skorch")

from sklearn.datasets import load_breast_cancer, load_digits  # noqa: E402
from sklearn.metrics import f1_score, recall_score  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from skorch.callbacks import Callback, Checkpoint, EarlyStopping, EpochScoring  # noqa: E402
from skorch.dataset import ValidSplit  # noqa: E402

from f1core.adapters.sklearn import scorer  # noqa: E402

D, G = load_digits(return_X_y=True)
D = (D / 16).astype(np.float32)
X, Y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X).astype(np.float32)


@pytest.fixture(autouse=True)
def one_thread():
    """These nets are too small for two threads to pay."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Net(torch.nn.Sequential):
    """One hidden layer, which ends in probabilities as skorch's classifiers expect."""

    def __init__(self, inputs=64, hidden=16, outputs=10):
        super().__init__(
            torch.nn.Linear(inputs, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, outputs),
            torch.nn.Softmax(dim=-1),
        )  # fmt: skip


class Witness(Callback):
    """What the net itself predicts for the validation rows after each epoch."""

    def initialize(self):
        self.seen = []
        return self

    def on_epoch_end(self, net, dataset_valid=None, **_):
        rows = np.array(dataset_valid.indices)
        self.seen.append((rows, net.predict_proba(dataset_valid)))


def made(**options):
    torch.manual_seed(0)
    settings = {"lr": 0.5, "batch_size": 64, "verbose": 0, "train_split": ValidSplit(4)}
    return skorch.NeuralNetClassifier(Net, **{**settings, **options})


@pytest.mark.parametrize(
    ("metric", "options", "theirs"),
    [
        ("f1_macro", {}, lambda y, p: f1_score(y, p.argmax(axis=1), average="macro")),
        ("recall_weighted", {}, lambda y, p: recall_score(y, p.argmax(axis=1), average="weighted")),
        (
            "accuracy",
            {"top_k": 3},
            lambda y, p: (
                (np.argsort(-p, axis=1, kind="stable")[:, :3] == y[:, None]).any(axis=1).mean()
            ),
        ),
    ],
)
@pytest.mark.parametrize("caching", [True, False])
def test_each_epoch_is_scikit_learns(metric, options, theirs, caching):
    witness = Witness()
    scoring = EpochScoring(
        scorer(metric, **options), lower_is_better=False, name="valid", use_caching=caching
    )
    net = made(max_epochs=4, callbacks=[scoring, witness]).fit(D, G)
    expected = [theirs(G[rows], p) for rows, p in witness.seen]
    assert net.history[:, "valid"] == pytest.approx(expected, abs=1e-6)
    assert len(set(expected)) > 1


def test_a_threshold_on_two_classes():
    witness = Witness()
    scoring = EpochScoring(scorer("f1", threshold=0.3), lower_is_better=False, name="valid_f1")
    net = made(
        module__inputs=30, module__outputs=2, max_epochs=4, callbacks=[scoring, witness]
    ).fit(X, Y)  # fmt: skip
    expected = [f1_score(Y[rows], p[:, 1] > np.float32(0.3)) for rows, p in witness.seen]
    assert net.history[:, "valid_f1"] == pytest.approx(expected, abs=1e-6)


def test_the_best_epoch_is_kept(tmp_path):
    """Stop after three epochs without a better F1, and load the best."""
    witness = Witness()
    callbacks = [
        EpochScoring(scorer("f1_macro"), lower_is_better=False, name="valid_f1"),
        witness,
        EarlyStopping(monitor="valid_f1", lower_is_better=False, patience=3),
        Checkpoint(monitor="valid_f1_best", dirname=tmp_path, load_best=True),
    ]
    net = made(lr=1.0, max_epochs=60, callbacks=callbacks).fit(D, G)
    scores = [f1_score(G[rows], p.argmax(axis=1), average="macro") for rows, p in witness.seen]
    best = int(np.argmax(scores))
    assert 0 < best == len(scores) - 4 < 56
    rows, probabilities = witness.seen[best]
    assert net.predict_proba(D[rows]) == pytest.approx(probabilities, abs=1e-6)


def test_rare_positives_that_nothing_finds_count_as_zero():
    rare = np.zeros(len(X), np.int64)
    rare[::40] = 1  # of no column's making
    scoring = EpochScoring(scorer("f1"), lower_is_better=False, name="valid_f1")
    stop = EarlyStopping(monitor="valid_f1", lower_is_better=False, patience=3)
    net = made(
        module__inputs=30, module__outputs=2, lr=0.01, max_epochs=9, callbacks=[scoring, stop]
    ).fit(X, rare)  # fmt: skip
    assert net.history[:, "valid_f1"] == [0.0] * 4


def test_searches_and_cross_validation_over_nets():
    ours = {"ours": scorer("f1_macro"), "theirs": "f1_macro"}
    net = made(max_epochs=3, train_split=None)
    search = GridSearchCV(net, {"lr": [0.001, 0.5]}, scoring=ours, refit="ours", cv=2).fit(D, G)
    means = [search.cv_results_[f"mean_test_{name}"] for name in ours]
    assert means[0] == pytest.approx(means[1], abs=1e-12)
    assert search.best_params_ == {"lr": 0.5}
    net = made(module__inputs=30, module__outputs=2, max_epochs=3, train_split=None)
    assert cross_val_score(net, X, Y, scoring=scorer("f1", threshold=0.5), cv=2).min() > 0.8
