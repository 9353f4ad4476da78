"""scikit-learn's own tests of its classification metrics, run on f1core's.

    pytest tests/adapters/sklearn_own/own.py

f1core's functions take the places of scikit-learn's before its test modules import them, so this
needs a process of its own: the file's name keeps it out of a plain `pytest`.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import sklearn.metrics
import sklearn.metrics._classification as home

import f1core
from f1core.adapters import sklearn as ours

# The judge, and what else scikit-learn asks of every metric and of scorers made of them.
MODULES = ("test_classification", "test_common", "test_score_objects")

# Tests that cannot pass, each with its reason.
CANNOT_PASS = {
    "test_scoring_is_not_metric": (
        "cross_val_score(scoring=f1_score) is met with a hint at make_scorer, which scikit-learn "
        "gives for functions whose module is called sklearn.metrics"
    ),
}

f1core.warm_up()  # the kernels; the NumPy twin has the same numbers, which other tests see to

NAMES = [name for name in ours.__all__ if name not in ("TunedClassifier", "scorer")]
for _name in NAMES:
    for _module in (sklearn.metrics, home):
        assert hasattr(_module, _name)
        setattr(_module, _name, getattr(ours, _name))


def is_fixture(thing: Any) -> bool:
    kind = type(thing).__name__
    return kind == "FixtureFunctionDefinition" or hasattr(thing, "_pytestfixturefunction")


for _module_name in MODULES:
    _module = importlib.import_module(f"sklearn.metrics.tests.{_module_name}")
    for _name, _thing in vars(_module).items():
        if _name in NAMES:
            assert _thing is getattr(ours, _name), f"{_name} was not replaced"
        if _name in CANNOT_PASS:
            _thing = pytest.mark.xfail(reason=CANNOT_PASS[_name], strict=True)(_thing)
        if _name.startswith("test_"):
            assert _name not in globals(), f"{_name} stands in two modules"
            globals()[_name] = _thing
        elif is_fixture(_thing):
            globals()[_name] = _thing

assert set(CANNOT_PASS) <= set(globals())

pytestmark = pytest.mark.filterwarnings("default")  # theirs are warnings in their tests too


@pytest.fixture
def global_random_seed() -> int:
    return 42
