"""The vectors are as made, agree with what was printed elsewhere, and f1core gives their values."""

from __future__ import annotations

import copy
import importlib.util
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent


def loaded(name):
    spec = importlib.util.spec_from_file_location(f"conformance_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUN = loaded("run")
VECTORS = RUN.vectors()
KNOWN = {"spans-nested", "spans-nested-same"}  # f1core reads spans from tags, which cannot nest


@pytest.fixture(scope="module")
def adapter():
    return RUN.load(HERE / "adapters" / "f1core.py")


def test_files_are_as_made_byte_for_byte():
    command = [sys.executable, str(HERE / "make.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_many_and_each_has_its_own_name():
    assert len(VECTORS) > 120 and len({v["id"] for v in VECTORS}) == len(VECTORS)
    assert {v["id"] for v in VECTORS} > KNOWN


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_f1core_gives_the_right_values(adapter, vector):
    found = RUN.outcome(adapter, vector)
    assert found["status"] == ("unsupported" if vector["id"] in KNOWN else "pass"), found
    if found["status"] == "pass":
        missing = set(vector["expected"]) - set(found["got"])
        assert {name for name in missing if not name.endswith(".se")} == set()


PRINTED = [
    (v, name, text)
    for v in VECTORS
    if "published" in v
    for name, text in v["published"]["values"].items()
]


@pytest.mark.parametrize(("vector", "name", "text"), PRINTED, ids=lambda x: str(x)[:30])
def test_fractions_are_what_was_printed_elsewhere(vector, name, text):
    right = vector["expected"][name]
    value = RUN.exactly(right["value"] if isinstance(right, dict) else right)
    half = Fraction(1, 2 * 10 ** len(text.split(".")[1]))
    assert abs(Fraction(value) - Fraction(text)) <= half * Fraction(1001, 1000)


def test_best_cut_of_calibrated_scores_is_half_the_best_f1():
    """Lipton et al.: F* / (1 + beta^2), exactly, of finitely many rows too."""
    for name, square in (("best-lipton", 1), ("best-lipton-beta-2", 4)):
        (vector,) = (v for v in VECTORS if v["id"] == name)
        cut = Fraction(vector["expected"]["score"]) / (1 + square)
        assert any(
            Fraction(low) <= cut <= Fraction(high)
            for low, high in vector["expected"]["threshold"]["in"]
        )
    limits = {"best-lipton": 3 - math.sqrt(5), "best-lipton-beta-2": 15 - 10 * math.sqrt(2)}
    for name, limit in limits.items():
        (vector,) = (v for v in VECTORS if v["id"] == name)
        assert abs(Fraction(vector["expected"]["score"]) - Fraction(limit)) < Fraction(1, 1000)


def test_the_runner_tells_the_nearest_float_from_its_neighbours():
    right = 1 / 3
    assert RUN.agrees(right, "1/3", 0) and RUN.agrees(math.nextafter(right, 1), "1/3", 1)
    assert not RUN.agrees(math.nextafter(right, 1), "1/3", 0)
    assert not RUN.agrees(np.float32(right), "1/3", 1)
    assert RUN.agrees(math.sqrt(3 / 7), "sqrt(3/7)", 1) and not RUN.agrees(0.65, "sqrt(3/7)", 1)
    assert RUN.agrees(math.nan, "nan", 0) and not RUN.agrees(math.nan, "1/3", 0)
    assert not RUN.agrees(0.0, "nan", 0) and not RUN.agrees(None, "nan", 0)
    assert RUN.agrees([0.5, math.nan], ["1/2", "nan"], 0) and not RUN.agrees([0.5], ["1/2"] * 2, 0)
    assert RUN.agrees(2**53 + 1, str(2**53 + 1), 0) and not RUN.agrees(2**53, str(2**53 + 1), 0)
    assert RUN.agrees(0.1, {"in": [["0", "1/5"]]}, 0) and not RUN.agrees(
        0.2, {"in": [["0", "1/5"]]}, 0
    )


def test_the_runner_sees_a_wrong_number_a_refusal_and_what_is_missing(adapter):
    vector = copy.deepcopy(VECTORS[0])
    name = next(iter(vector["expected"]))
    vector["expected"] = {name: "2"}
    assert RUN.outcome(adapter, vector)["status"] == "fail"
    vector["options"] = {"top_k": -1}
    assert "F1Error" in RUN.outcome(adapter, vector)["error"]
    vector["op"] = "unheard_of"
    assert RUN.outcome(adapter, vector)["status"] == "unsupported"


def test_the_page_of_deviations_is_written_from_the_results_and_each_is_explained():
    command = [sys.executable, str(HERE / "peers.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
