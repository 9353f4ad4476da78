"""scikit-learn's own tests of its classification metrics, run on f1core's.

    pytest tests/adapters/sklearn_own/own.py

f1core's functions take the places of scikit-learn's before its test module imports them, so this
needs a process of its own: the file's name keeps it out of a plain `pytest`.
"""

from __future__ import annotations

import pytest
import sklearn.metrics
import sklearn.metrics._classification as home

from f1core.adapters import sklearn as ours

# Tests that cannot pass, each with its reason: {"test_name": "why"}.
CANNOT_PASS: dict[str, str] = {}

NAMES = [name for name in ours.__all__ if name != "scorer"]
for _name in NAMES:
    for _module in (sklearn.metrics, home):
        assert hasattr(_module, _name)
        setattr(_module, _name, getattr(ours, _name))

from sklearn.metrics.tests import test_classification as _tests  # noqa: E402

for _name in NAMES:
    assert getattr(_tests, _name, None) is getattr(ours, _name), f"{_name} was not replaced"

pytestmark = pytest.mark.filterwarnings("default")  # theirs are warnings in their tests too

globals().update({name: test for name, test in vars(_tests).items() if name.startswith("test_")})
for _name, _reason in CANNOT_PASS.items():
    globals()[_name] = pytest.mark.xfail(reason=_reason, strict=True)(globals()[_name])


@pytest.fixture
def global_random_seed() -> int:
    return 42
