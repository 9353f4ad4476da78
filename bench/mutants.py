"""Change one line at a time and see which tests notice: `python bench/mutants.py`.

Each mutant is a file, a piece of it, what stands there instead, and the tests that should fail.
Those that survive are printed; the files are put back. Mutants that change nothing but speed, or
that are the same in other words, are no use here and are left out.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = "tests/laws/test_places.py"
THRESHOLDS = "tests/laws/test_thresholds.py"
LIMITS = "tests/backends/test_limits.py"
MUTANTS = (
    ("backends/numba/topk_ids.py", "(ALL << (column - j))", "(ALL << (column - j + 1))", LIMITS),
    ("backends/numba/topk_ids.py", "j + position)", "column + position)", LIMITS),
    ("backends/numba/topk_ids.py", "(-2 << position)", "(-1 << position)", LIMITS),
    ("backends/numba/topk_ids.py", "value > best[rank - 1]", "value >= best[rank - 1]", LIMITS),
    ("backends/numba/topk_ids.py", "j = min(column, columns - LANES)", "j = column", LIMITS),
    ("inputs.py", '_fits("y_true", true.shape[1], width)', "pass", PLACES),
    ("inputs.py", "pred, true.shape[1], onehot", "pred, true.shape[0], onehot", PLACES),
    ("dedup/deduplicator.py", "if len(fresh) or not runs:", "if not runs:", PLACES),
    ("dedup/deduplicator.py", "if len(fresh) or first:", "if first:", PLACES),
    ("dedup/deduplicator.py", "if len(fresh) or first:", "if True:", PLACES),
    ("dedup/deduplicator.py", "(counts is not None or first)", "True", PLACES),
    ("dedup/deduplicator.py", "(counts is not None or first)", "first", PLACES),
    ("dedup/deduplicator.py", "and not weighted and not changed", "and not changed", PLACES),
    ("dedup/deduplicator.py", "and not weighted and not changed", "and not weighted", PLACES),
    ("dedup/deduplicator.py", "self._held = held._replace(counts=None)", "pass", PLACES),
    ("thresholds/label_columns.py", "(low <= cut) & ((cut", "(low < cut) & ((cut", PLACES),
    ("thresholds/label_columns.py", "(low <= cut) & ((cut < high) | last)", "(low <= cut)", PLACES),
    ("thresholds/label_columns.py", "*_near(ends[0])", "ends[0]", PLACES),
    ("thresholds/label_columns.py", "found += [above, below]", "found += [below]", PLACES),
    ("thresholds/label_columns.py", "found += [above, below]", "found += [above]", PLACES),
    ("thresholds/label_columns.py", "range(4)", "range(1)", PLACES),
    ("thresholds/label_columns.py", "& (cuts.at <= highest)", "", "tests/laws/test_rounding.py"),
    ("thresholds/label_columns.py", "(cuts.at >= lowest) &", "True &",
     "tests/laws/test_rounding.py"),
    ("thresholds/label_columns.py", "np.clip(scores, 0.0, 1.0)", "scores", THRESHOLDS),
    ("thresholds/label_columns.py", "tp += np.count_nonzero(self._positive[highest:])", "pass",
     THRESHOLDS),
    ("thresholds/label_columns.py", "self._pred[2:-1] + counts[1:-1, 1]", "self._pred[2:-1]",
     "tests/laws/test_binned.py"),
    ("thresholds/reading.py", "keys |= true == 0", "keys |= true != 0", THRESHOLDS),
    ("thresholds/search.py", "int(np.argmax(top - bottom))", "0", THRESHOLDS),
    ("thresholds/search.py", "best &= second == second[best].max()", "pass", THRESHOLDS),
    ("thresholds/search.py", "best = reached(places)\n        found", "found", THRESHOLDS),
    ("thresholds/shared.py", "higher.pred + (cuts.tp - higher.tp)", "cuts.pred", THRESHOLDS),
    ("thresholds/shared.py", "left[-1] + 1", "left[-1]", THRESHOLDS),
    ("thresholds/shared.py", "second >= constraint[1]", "second >= -1", THRESHOLDS),
    ("thresholds/bins.py", "np.clip(edges, 0, bins + 1)", "np.clip(edges, 0, bins)",
     "tests/laws/test_rounding.py"),
)  # fmt: skip


def survives(name: str, old: str, new: str, tests: str) -> bool:
    """Whether the tests pass with the change; False where there is no such piece any more."""
    path = ROOT / "f1core" / name
    text = path.read_text()
    if text.count(old) != 1:
        print(f"{name}: {old!r} stands there {text.count(old)} times", flush=True)
        return False
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", tests]
    try:
        path.write_text(text.replace(old, new))
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:  # it is noticed, too
        return False
    finally:
        path.write_text(text)
    return done.returncode == 0


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for mutant in MUTANTS:
        if (not wanted or mutant[0] in wanted) and survives(*mutant):
            print("survives:", *mutant, flush=True)
