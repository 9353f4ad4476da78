"""pytest-benchmark over the cases of f1core.bench."""

from __future__ import annotations

import pytest


def pytest_addoption(parser):
    parser.addoption("--short", action="store_true", help="smaller arrays, every case once")


@pytest.fixture
def short(request):
    return request.config.getoption("--short")
