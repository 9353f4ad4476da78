"""The seqeval drop-in beside seqeval: the same call on both sides, in turn, in one run.

`pytest bench/bench_seqeval.py --benchmark-json=seqeval.json`; pytest-benchmark times f1core, and
seqeval's times stand in the JSON's extra_info, with the factor that is promised.
"""

from __future__ import annotations

import statistics
import time
import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest

import f1core

theirs = pytest.importorskip("seqeval.metrics")
schemes = pytest.importorskip("seqeval.scheme")

from f1core.adapters import seqeval as ours  # noqa: E402

_TYPES = ("PER", "LOC", "ORG", "MISC")
_ROUNDS = 9
_PEER_ROUNDS = 3

Tags = list[list[str]]


class Case(NamedTuple):
    """One row of the table: which function, how tags are read, how many times faster it is."""

    name: str
    scheme: str | None
    tokens: int = 100_000
    promised: int = 10

    @property
    def options(self) -> dict[str, Any]:
        """What both sides are called with."""
        if self.scheme is None:
            return {}
        return {"mode": "strict", "scheme": getattr(schemes, self.scheme)}


CASES = [
    *(Case(name, None) for name in ("f1_score", "classification_report")),
    *(Case(name, "IOB2") for name in ("f1_score", "classification_report")),
    Case("f1_score", "IOBES"),
    Case("f1_score", None, 300, 1),
    Case("f1_score", "IOB2", 300, 1),
]


def tagged(tokens: int, letters: str) -> tuple[Tags, Tags]:
    """Sentences of 5 to 40 tokens, a third of them in spans, a tenth of them predicted anew."""
    rng = np.random.default_rng(20261128)
    lengths = rng.integers(5, 41, tokens // 22)
    inside = [f"{letter}-{kind}" for letter in letters for kind in _TYPES]
    tags = np.array(["O", *inside], object)
    size = int(lengths.sum())

    def drawn() -> np.ndarray:
        return np.where(rng.random(size) < 1 / 3, rng.integers(1, len(tags), size), 0)

    true = drawn()
    pred = np.where(rng.random(size) < 0.1, drawn(), true)
    cuts = np.cumsum(lengths)[:-1]
    true_tags, pred_tags = (
        [part.tolist() for part in np.split(tags[ids], cuts)] for ids in (true, pred)
    )
    return true_tags, pred_tags


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.name}, {case.scheme}, {case.tokens}"
)
def test_drop_in(benchmark: Any, case: Case, short: bool) -> None:
    f1core.warm_up()
    warnings.simplefilter("ignore")
    letters = "BI" if case.scheme in (None, "IOB2") else "BIES"
    pair = tagged(case.tokens // 10 if short else case.tokens, letters)
    mine, other = getattr(ours, case.name), getattr(theirs, case.name)
    found, wanted = mine(*pair, **case.options), other(*pair, **case.options)
    assert found == (wanted if isinstance(wanted, str) else pytest.approx(wanted, rel=1e-12))
    taken: list[float] = []

    def they_first() -> None:
        if len(taken) >= _PEER_ROUNDS:
            return
        start = time.perf_counter()
        other(*pair, **case.options)
        taken.append(time.perf_counter() - start)

    def our_turn() -> None:
        mine(*pair, **case.options)

    benchmark.pedantic(our_turn, setup=they_first, rounds=3 if short else _ROUNDS, warmup_rounds=1)
    benchmark.extra_info["promised"] = case.promised
    benchmark.extra_info["seconds"] = {"seqeval": statistics.median(taken)}
    if benchmark.stats is not None:  # None under --benchmark-disable
        stats = benchmark.stats.stats
        benchmark.extra_info["faster"] = {
            "by median": round(statistics.median(taken) / stats.median, 1),
            "by minimum": round(min(taken) / stats.min, 1),
        }
