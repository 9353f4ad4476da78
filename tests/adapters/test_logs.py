"""Plain floats under short names, never NaN."""

import math

import numpy as np
import pytest

import f1core
from f1core.adapters import hooks
from f1core.errors import missing
from f1core.scores import METRICS


def test_every_metric_of_a_task_is_a_metric():
    rng = np.random.default_rng(0)
    flags, scores = rng.integers(0, 2, (50, 3)), rng.random((50, 3))
    seen = set()
    for task, true in (("binary", flags[:, 0]), ("multiclass", flags[:, 0]), ("multilabel", flags)):
        found = f1core.score(true, scores[:, 0] if task == "binary" else scores, task=task)
        assert all(hooks.named(name, task) for name in found.to_dict())
        seen |= set(found.to_dict())
    seen |= set(f1core.score([0, 1], [0, 7], classes=2, unknown="miss").to_dict())
    assert seen == set(METRICS)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: hooks.named("f1", "binary", "samples"), "average is 'samples'"),
        (lambda: hooks.named("f1", "multiclass", "binary"), "average is 'binary'"),
        (lambda: hooks.named("f1", "regression"), "task is 'regression'"),
        (lambda: hooks.named("f2", "binary"), "metric is 'f2'"),
        (lambda: hooks.named("mcc", "binary", "macro"), "leaves no choice of average='macro'"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(call, sentence):
    with pytest.raises(f1core.F1Error, match=sentence):
        call()


def test_an_undefined_value_is_never_logged_as_nan():
    scores = f1core.score([0, 0], [0, 0], task="binary", zero_division=math.nan)
    assert math.isnan(scores.binary.recall)
    found = hooks.as_logs(scores, per_class=True, prefix="val_")
    assert found["val_recall"] == found["val_recall_1"] == 0.0
    assert all(type(value) is float and math.isfinite(value) for value in found.values())


def test_keys_name_the_average_asked_for_and_each_class():
    scores = f1core.score(["a", "b", "b", "b"], ["a", "b", "a", "b"])
    found = hooks.as_logs(scores, "weighted", per_class=True)
    assert found["f1"] == scores.weighted.f1 != scores.macro.f1
    assert [found["recall_a"], found["recall_b"]] == scores.per_class.recall.tolist()


def test_a_missing_library_is_an_import_error_that_names_the_extra():
    error = missing("f1core.adapters.keras", "keras", "keras")
    assert isinstance(error, ImportError) and isinstance(error, f1core.F1Error)
    assert str(error) == "f1core.adapters.keras needs keras: pip install 'f1core[keras]'"
