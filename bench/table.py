"""Write the tables of docs/speed.md and README.md: python bench/table.py bench.json."""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parent.parent
START, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
PEERS = ("scikit-learn", "torchmetrics", "torcheval", "np.bincount")
SHORT_COLUMNS = (
    "work",
    "ms",
    "x limit",
    "x faster than scikit-learn",
    "x faster than torchmetrics",
)
SHORT_ROWS = (
    "multiclass 1,000,000 x 10",
    "multiclass 100,000 x 1,000",
    "labels 1,000,000, 10 classes int64",
    "binary 10,000,000, int8 targets",
    "multilabel 1,000,000 x 15, int8 targets",
)


def table(data: dict) -> str:
    rows = [_row(b) for b in data["benchmarks"] if "limit" in b["extra_info"].get("seconds", {})]
    threads = max(b["extra_info"].get("threads", 1) for b in data["benchmarks"])
    head = ["work", "first ms", "ms", "x limit", *(f"x faster than {peer}" for peer in PEERS)]
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(
        [
            *("| " + " | ".join(row) + " |" for row in lines),
            "",
            f"{_machine(data)}, {threads} threads; {_versions()}. `limit` is np.max over integer",
            "views of the same arrays with the same threads; the sides of a row took turns.",
            "`first` is a new process where nothing was compiled: `import f1core` and one call.",
        ]
    )


def _row(benchmark: dict) -> list[str]:
    ours, sides = benchmark["stats"]["median"], benchmark["extra_info"]["seconds"]
    name = re.search(r"\[(.*)\]", benchmark["name"])
    first = f"{benchmark['extra_info']['first'] * 1e3:.0f}"
    cells = [name.group(1) if name else benchmark["name"], first, f"{ours * 1e3:.2f}"]
    cells.append(f"{ours / sides['limit']:.2f}")
    return cells + [_times(sides[p] / ours) if p in sides else "" for p in PEERS]


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"


def _machine(data: dict) -> str:
    cpu = data["machine_info"].get("cpu", {})
    return f"{cpu.get('brand_raw', data['machine_info'].get('machine', 'unknown'))}"


def _versions() -> str:
    found = []
    for name in ("f1core", "numpy", "numba", "scikit-learn", "torchmetrics", "torcheval"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def short(table: str) -> str:
    """The rows of README.md out of the full table: less columns, and few of its rows."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    head, _, *rows = [cells for cells in lines if cells]
    chosen = [head, ["---", *["---:"] * (len(SHORT_COLUMNS) - 1)]]
    chosen += [cells for cells in rows if cells[0] in SHORT_ROWS]
    kept = [head.index(name) for name in SHORT_COLUMNS]
    shown = [chosen[1] if n == 1 else [cells[k] for k in kept] for n, cells in enumerate(chosen)]
    machine = next(line for line in table.splitlines() if "threads;" in line).split(";")[0]
    return "\n".join(
        [
            *("| " + " | ".join(cells) + " |" for cells in shown),
            "",
            f"{machine}; `x limit`: how often one could read the bytes meanwhile.",
            "[All of it](docs/speed.md).",
        ]
    )


def put(page: Path, table: str) -> None:
    """Put a table between the marks of a page."""
    before, rest = page.read_text(encoding="utf-8").split(START)
    page.write_text(f"{before}{START}\n{table}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def main() -> None:
    full = table(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    put(ROOT / "docs" / "speed.md", full)
    put(ROOT / "README.md", short(full))


if __name__ == "__main__":
    main()
