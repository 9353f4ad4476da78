"""Every bit of scikit-learn's numbers, in small problems of every kind."""

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.9")

import sklearn.metrics as theirs

from f1core.adapters import sklearn as ours

AVERAGES = ["micro", "macro", "weighted", None]
NAMES = np.array(["ab", "b", "cc", "d", "e", "fff", "g", "h"])


def problems(seed, count):
    """Labels, names or indicators with weights of any kind, and options."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        n, size, several = int(rng.integers(1, 40)), int(rng.integers(1, 8)), rng.random() < 0.3
        shape = (n, int(rng.integers(2, 6))) if several else n
        high = 2 if several else size
        true = rng.integers(0, high, shape)
        pred = np.where(rng.random(shape) < rng.random(), true, rng.integers(0, high, shape))
        columns = np.arange(shape[1]) if several else np.unique(true)
        if not several and rng.random() < 0.3:
            true, pred, columns = NAMES[true], NAMES[pred], np.unique(NAMES[true])
        weight = [
            None, None, rng.random(n), rng.integers(0, 4, n), rng.random(n).astype(np.float32),
        ][rng.integers(5)]  # fmt: skip
        if weight is not None and not weight.any():
            weight = None
        labels = columns[: rng.integers(1, len(columns) + 1)] if rng.random() < 0.3 else None
        averages = [*AVERAGES, "samples"] if several else AVERAGES
        options = {
            "sample_weight": weight,
            "labels": labels,
            "average": averages[rng.integers(len(averages))],
            "zero_division": [0.0, 1.0, np.nan, "warn"][rng.integers(4)],
            "beta": float(rng.choice([0.3, 0.5, 1.0, 1.7, 2.0])),
            "digits": int(rng.integers(1, 9)),
            "normalize": [None, "true", "pred", "all"][rng.integers(4)],
            "weights": [None, "linear", "quadratic"][rng.integers(3)],
        }
        yield several, true, pred, options


def calls(several, options):
    """What is called with which of the options."""
    some = {name: options[name] for name in ("sample_weight", "labels", "zero_division")}
    each = some | {"average": options["average"]}
    weight = {"sample_weight": options["sample_weight"]}
    zero = int(options["zero_division"] == 1)
    yield "classification_report", some | {"digits": options["digits"]}
    yield "classification_report", some | {"output_dict": True}
    for name in ("f1_score", "precision_score", "recall_score"):
        yield name, each
    for name in ("fbeta_score", "precision_recall_fscore_support"):
        yield name, each | {"beta": options["beta"]}
    yield "jaccard_score", each | {"zero_division": zero}
    yield "multilabel_confusion_matrix", weight | {"labels": options["labels"]}
    yield "hamming_loss", weight
    for normalize in (True, False):
        yield "accuracy_score", weight | {"normalize": normalize}
        yield "zero_one_loss", weight | {"normalize": normalize}
    if not several:
        yield "confusion_matrix", weight | {"normalize": options["normalize"]}
        yield "matthews_corrcoef", weight
        yield "cohen_kappa_score", weight | {"weights": options["weights"]}
        for adjusted in (False, True):
            yield "balanced_accuracy_score", weight | {"adjusted": adjusted}


def found(module, name, true, pred, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return getattr(module, name)(true, pred, **options)
        except ValueError as error:
            return str(error)


@pytest.mark.parametrize("seed", range(3))
def test_all_bits_are_scikit_learns(seed):
    for several, true, pred, options in problems(seed, 25):
        for name, given in calls(several, options):
            mine, wanted = (found(module, name, true, pred, given) for module in (ours, theirs))
            if isinstance(wanted, (str, dict)):
                assert repr(mine) == repr(wanted), (name, given, true, pred)
            else:
                np.testing.assert_equal(mine, wanted, err_msg=f"{name} {given} {true} {pred}")
