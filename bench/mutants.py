"""Change one place at a time and see whether a test notices: `python bench/mutants.py 100`.

Draws so many places of the modules in TESTS (or of those named after the number): a comparison, an
operator, a number, a condition, a statement. Each change is made in a copy of the tree, and the
tests named beside its module are run until one fails. Survivors are printed: each is either the
same in other words, or a test that is missing. `--seed` draws others.
"""

from __future__ import annotations

import argparse
import ast
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
API = ["tests/api/test_scores.py", "tests/api/test_accumulator.py", "tests/laws/test_laws.py"]
COUNTS = [
    *API, "tests/api/test_state.py", "tests/api/test_forged_state.py",
    "tests/laws/test_large_counts.py", "tests/api/test_sent_matrices.py",
    "tests/laws/test_training.py",
]  # fmt: skip
THRESHOLDS = [
    "tests/laws/test_thresholds.py", "tests/laws/test_binned.py", "tests/laws/test_places.py",
    "tests/api/test_best.py", "tests/api/test_curve.py", "tests/laws/test_rounding.py",
]  # fmt: skip
RANKING = ["tests/api/test_ranking.py", "tests/api/test_curve.py"]
CALIBRATION = ["tests/api/test_calibration.py"]
BINNED = ["tests/laws/test_binned_numbers.py"]
LABELS = [
    "tests/api/test_labels.py", "tests/api/test_odd_labels.py", "tests/api/test_open_labels.py",
]  # fmt: skip
READING = [
    *API, "tests/api/test_refusals.py", "tests/api/test_errors.py", "tests/api/test_names.py",
    "tests/laws/test_places.py", "tests/api/test_pos_label.py",
    "tests/api/test_row_order.py", *LABELS,
]  # fmt: skip
TESTS = {
    "counts.py": COUNTS,
    "alignment.py": COUNTS,
    "sent_counts.py": COUNTS,
    "metrics.py": [*API, "tests/laws/test_agreement.py"],
    "inputs.py": READING,
    "discover.py": READING,
    "frame_columns.py": [*READING, "tests/api/test_stray_columns.py"],
    "labels.py": [*LABELS, *API],
    "thresholds/best.py": THRESHOLDS,
    "thresholds/bins.py": THRESHOLDS,
    "thresholds/areas.py": RANKING,
    "thresholds/ranking.py": RANKING,
    "thresholds/one_vs_rest.py": [*RANKING, *CALIBRATION],
    "thresholds/cells.py": CALIBRATION,
    "thresholds/reliability.py": CALIBRATION,
    "thresholds/gaps.py": CALIBRATION,
    "thresholds/bin_sums.py": BINNED,
    "thresholds/binned_ranking.py": BINNED,
    "thresholds/binned_calibration.py": BINNED,
    "thresholds/binned_total.py": [*BINNED, *THRESHOLDS],
    "thresholds/binned.py": [*BINNED, *THRESHOLDS],
    "thresholds/choose.py": THRESHOLDS,
    "thresholds/curves.py": THRESHOLDS,
    "thresholds/label_columns.py": THRESHOLDS,
    "thresholds/reading.py": THRESHOLDS,
    "thresholds/search.py": THRESHOLDS,
    "thresholds/shared.py": THRESHOLDS,
}  # fmt: skip
OTHER: dict[type, str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in", ast.Add: "-",
    ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.BitAnd: "|", ast.BitOr: "&", ast.And: "or",
    ast.Or: "and",
}  # fmt: skip


def changes(text: str) -> Iterator[tuple[ast.AST, str]]:
    """Yield each expression or statement that can be changed, and what stands there instead."""

    def code(node: ast.AST) -> str:
        return f"({ast.get_source_segment(text, node)})"

    def within(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            return
        if isinstance(node, ast.keyword) and node.arg == "strict":  # of zip: a guard, no result
            return
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            op = OTHER[type(node.ops[0])]
            yield node, f"({code(node.left)} {op} {code(node.comparators[0])})"
        elif isinstance(node, ast.BinOp) and type(node.op) in OTHER:
            yield node, f"({code(node.left)} {OTHER[type(node.op)]} {code(node.right)})"
        elif isinstance(node, ast.BoolOp):
            yield node, f"({f' {OTHER[type(node.op)]} '.join(map(code, node.values))})"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, code(node.operand)
        elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
            new = not node.value if isinstance(node.value, bool) else node.value + 1
            yield node, f"({new})"
        elif isinstance(node, ast.AugAssign) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ):
            yield node, "pass"
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                    yield from within(child)

    yield from within(ast.parse(text))


def replaced(text: str, node: ast.AST, new: str) -> str:
    """The text with another piece where the node stands."""
    lines = text.encode().splitlines(keepends=True)

    def place(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + column

    whole = b"".join(lines)
    start = place(node.lineno, node.col_offset)  # type: ignore[attr-defined]
    end = place(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
    return (whole[:start] + new.encode() + whole[end:]).decode()


def fails(tree: Path, tests: list[str]) -> bool:
    """Whether one of these tests fails, or never ends."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
               "-m", "not slow", "-k", "not kernels", *tests]  # fmt: skip
    try:
        done = subprocess.run(command, cwd=tree, capture_output=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> None:
    """Draw mutants, run the tests on each, and print who survives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("number", type=int)
    parser.add_argument("modules", nargs="*", choices=[[], *TESTS], default=[])
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    found = [
        (name, node, new)
        for name in given.modules or TESTS
        for node, new in changes((ROOT / "f1core" / name).read_text())
    ]
    drawn = random.Random(given.seed).sample(found, min(given.number, len(found)))
    print(f"{len(drawn)} of {len(found)} mutants", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for part in ("f1core", "tests"):
            shutil.copytree(ROOT / part, tree / part)
        for part in ("pyproject.toml", "README.md", "ARCHITECTURE.md"):
            shutil.copy(ROOT / part, tree)
        tests = sorted({test for name, _, _ in drawn for test in TESTS[name]})
        if fails(tree, tests):
            sys.exit(f"these fail without any change: {' '.join(tests)}")
        killed = 0
        for done, (name, node, new) in enumerate(drawn, 1):
            path = tree / "f1core" / name
            text = path.read_text()
            path.write_text(replaced(text, node, new))
            if fails(tree, TESTS[name]):
                killed += 1
            else:
                old = ast.get_source_segment(text, node)
                line = node.lineno  # type: ignore[attr-defined]
                print(f"survives: {name}:{line}: {old}  ->  {new}", flush=True)
            path.write_text(text)
            if done % 10 == 0:
                print(f"{killed} of {done} noticed", flush=True)
    print(f"{killed} of {len(drawn)} noticed ({killed / len(drawn):.0%})")


if __name__ == "__main__":
    main()
