"""What the adapters of Transformers and boosters refuse, and that they import none."""

import subprocess
import sys

import numpy as np
import pytest

from f1core import F1Error
from f1core.adapters import catboost, hooks, lightgbm, transformers, xgboost

MAKERS = [
    catboost.eval_metric, lightgbm.feval, xgboost.custom_metric, xgboost.eval_metric,
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (["f2"], {"task": "binary"}, "metric is 'f2'; use one of"),
        (["f1"], {"task": "regression"}, "task is 'regression'"),
        (["f1"], {"task": "binary", "average": "samples"}, "average is 'samples'"),
        (["mcc"], {"task": "binary", "average": "macro"}, "leaves no choice"),
        (["f1"], {"task": "binary", "threshold": 2}, "threshold is 2, outside"),
        (["f1"], {"task": "multiclass", "classes": "ab"}, "classes is the string 'ab'"),
        (["f1"], {"task": "binary", "threads": 0}, "threads is 0"),
        ([[0, 1, 1], [0.1, 0.2, 0.3]], {"task": "binary"}, "call it once, before training"),
        ([[0, 1, 1], [0.1, 0.2, 0.3], [1, 1, 1]], {}, "call it once, before training"),
    ],
)
def test_what_makes_no_sense_is_refused_before_training(make, arguments, options, sentence):
    with pytest.raises(F1Error, match=sentence):
        make(*arguments, **options)


@pytest.mark.parametrize("make", [lightgbm.feval, xgboost.custom_metric])
@pytest.mark.parametrize("metric", [[], ["f1", "f1"]])
def test_several_metrics_are_some_and_different(make, metric):
    with pytest.raises(F1Error, match="name at least one metric, each once"):
        make(metric, task="binary")


def test_xgboosts_classifier_takes_one_metric():
    with pytest.raises(F1Error, match="XGBClassifier takes one metric"):
        xgboost.eval_metric(["f1", "mcc"], task="binary")
    with pytest.raises(F1Error, match="of hamming_loss less is better"):
        xgboost.custom_metric("hamming_loss", task="binary", maximize=True)


def test_a_number_to_compare_is_never_nan():
    nothing, how = ([0, 0], [0.1, 0.2]), {"task": "binary", "zero_division": np.nan}
    assert lightgbm.feval("f1", **how)(*nothing) == [("f1", 0.0, True)]
    assert lightgbm.feval("kappa", task="binary")(*nothing) == [("kappa", 0.0, True)]
    assert xgboost.eval_metric("f1", **how)(*nothing) == 1.0
    logits = np.float32([-1, -2])
    found = transformers.make_compute_metrics(**how)((logits, np.array([0, 0])))
    assert found == {"f1": 0.0, "precision": 0.0, "recall": 0.0, "accuracy": 1.0}


def test_an_option_that_does_not_exist_is_a_type_error():
    for make in MAKERS:
        with pytest.raises(TypeError, match="treshold"):
            make("f1", task="binary", treshold=0.5)
    with pytest.raises(TypeError, match="treshold"):
        transformers.make_compute_metrics(task="binary", treshold=0.5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_two_columns_of_logits_cut_where_the_larger_one_wins(dtype):
    rng = np.random.default_rng(0)
    logits = rng.integers(-9, 9, (500, 2)).astype(dtype) * dtype(0.1)
    found = hooks.positive(logits, from_logits=True)
    assert (found > 0).tolist() == (logits.argmax(axis=1) == 1).tolist()
    single = rng.random((5, 1))
    assert hooks.positive(single) is single


def test_the_adapters_import_no_framework():
    code = (
        "import f1core.adapters.transformers, f1core.adapters.lightgbm, f1core.adapters.xgboost\n"
        "from f1core.adapters.catboost import eval_metric; eval_metric('f1', task='binary')\n"
        "import sys; print(*sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(found.stdout.split())
    assert "f1core.adapters.xgboost" in loaded
    assert not loaded & {
        "transformers", "torch", "lightgbm", "xgboost", "catboost", "sklearn", "numba",
    }  # fmt: skip


def test_what_passes_on_scores_has_no_unknown_labels():
    for make in (lightgbm.feval, xgboost.custom_metric, xgboost.eval_metric):
        with pytest.raises(F1Error, match="unknown='miss' is for predicted labels, and a booster"):
            make("f1", task="multiclass", classes=3, unknown="miss")


def test_a_trainers_ids_may_be_no_class():
    hook = transformers.make_compute_metrics(task="multiclass", classes=3, unknown="miss")
    ids, labels = np.array([[0, 9, 2], [5, 1, 1]]), np.array([[0, 1, 2], [-100, 1, 2]])
    found = hook((ids, labels))
    assert (found["accuracy"], found["unknown"]) == (3 / 5, 1.0)
    assert found["precision"] == (1 + 1 / 2 + 1) / 3
    with pytest.raises(F1Error, match="unknown='miss' is for predicted labels"):
        hook((np.zeros((2, 3, 3), np.float32), labels))
