"""Write the README's table from pytest-benchmark's JSON: python bench/table.py bench.json."""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

START, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
PEERS = ("scikit-learn", "torchmetrics", "torcheval", "np.bincount")


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


def main() -> None:
    data = json.loads(Path(sys.argv[1]).read_text())
    readme = Path(__file__).parent.parent / "README.md"
    text = readme.read_text()
    before, rest = text.split(START)
    _, after = rest.split(END)
    readme.write_text(f"{before}{START}\n{table(data)}\n{END}{after}")


if __name__ == "__main__":
    main()
