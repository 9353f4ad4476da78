"""Profiles of Hypothesis, the engines, the real data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from inside import BACKENDS, counted_by, fail_if_numpy_is_asked, set_block_sizes

# Derandomized, so that a failure can be seen again; `nightly` looks further.
COMMON = {
    "derandomize": True,
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much],
}
# Where an environment runs again what another one ran with more examples.
settings.register_profile("brief", max_examples=8, **COMMON)
settings.register_profile("quick", max_examples=25, **COMMON)
settings.register_profile("ci", max_examples=200, **COMMON)
settings.register_profile("nightly", max_examples=5000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="module", params=BACKENDS)
def engine(request):
    """Both backends in turn."""
    with counted_by(request.param):
        yield request.param


@pytest.fixture
def alone(engine, monkeypatch):
    """What the kernels refuse is not counted by NumPy instead."""
    if engine == "kernels":
        fail_if_numpy_is_asked(monkeypatch)


@pytest.fixture
def small_blocks(monkeypatch):
    """So small that a few rows span many blocks, and every thread gets some."""
    set_block_sizes(monkeypatch, 16)


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
