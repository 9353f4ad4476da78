"""Write the module lists of ARCHITECTURE.md: the order stays, the sentences are the docstrings'.

Run `python docs/write_modules.py` after a module was added, moved or described anew. A new module
is put after the last one of its package; move its line to where its imports allow it.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "ARCHITECTURE.md"
BLOCK = re.compile(r"(<!-- (core|above) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
LINE = re.compile(r"^- `([\w.]+)`: ", re.MULTILINE)


def modules() -> dict[str, str]:
    """Read every module of the package, and the first line of its docstring."""
    found = {}
    for path in sorted((ROOT / "f1core").rglob("*.py")):
        parts = path.relative_to(ROOT / "f1core").with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]
    return found


def listed(page: str) -> dict[str, list[str]]:
    """Find the modules that the page names, in order: those of the core, and those above it."""
    return {kind: LINE.findall(body) for _, kind, body, _ in BLOCK.findall(page)}


def written(page: str) -> str:
    """Bring the lists of the page up to date."""
    sentences, lists = modules(), listed(page)
    for kind in lists:
        lists[kind] = [name for name in lists[kind] if name in sentences]
    for name in sorted(sentences.keys() - {name for names in lists.values() for name in names}):
        package = name.split(".")[0]
        kind = "core" if any(other.split(".")[0] == package for other in lists["core"]) else "above"
        same = [k for k, other in enumerate(lists[kind]) if other.split(".")[0] == package]
        lists[kind].insert(same[-1] + 1 if same else len(lists[kind]), name)

    def block(found: re.Match[str]) -> str:
        lines = [f"- `{name}`: {sentences[name]}\n" for name in lists[found[2]]]
        return found[1] + "".join(lines) + found[4]

    return BLOCK.sub(block, page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
