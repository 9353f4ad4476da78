"""Profiles of Hypothesis, the engines, the real data."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

import f1core.engine
import f1core.kernels
import f1core.plain

f1core.kernels.hurry()  # a few cells will never earn what compiling costs

# Derandomized, so that a failure can be seen again; `nightly` looks further.
COMMON = {
    "derandomize": True,
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much],
}
settings.register_profile("quick", max_examples=60, **COMMON)
settings.register_profile("ci", max_examples=200, **COMMON)
settings.register_profile("nightly", max_examples=5000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def kernels() -> ModuleType:
    """The kernels, or a skipped test where Numba is missing."""
    pytest.importorskip("numba", exc_type=ImportError)
    import f1core.kernels

    return f1core.kernels


@pytest.fixture(scope="module", params=["numpy", "kernels"])
def engine(request):
    """Both engines in turn: what `tally` counts with."""
    module = f1core.plain if request.param == "numpy" else kernels()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f1core.engine, "choose", lambda cells: module)
        yield request.param


@pytest.fixture
def small_blocks(monkeypatch):
    """So small that a few rows span many blocks, and every thread gets some."""
    monkeypatch.setattr("f1core.tally._BLOCK_CELLS", 16)
    monkeypatch.setattr("f1core.tally._READ_CELLS", 16)
    monkeypatch.setattr("f1core.tally._DIRECT_CELLS", 16)
    monkeypatch.setattr("f1core.tally._WEIGHTED_ROWS", 16)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real predictions."""
    return Path(__file__).parent / "data"


@pytest.fixture
def run(capsys):
    """Run a command; its status, what it printed, and what it complained of."""

    def call(*arguments):
        from f1core.cli import main

        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call
