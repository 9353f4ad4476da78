"""Run the snippets of the documentation, and compare what they print with what the pages say.

`python docs/run_snippets.py docs/how-to/thresholds.md` runs a page, `--write` puts what was printed
into it. The build of the site runs all pages. CONTRIBUTING.md says how pages mark what is run.
"""

from __future__ import annotations

import argparse
import contextlib
import doctest
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import symtable
import sys
import tempfile
import textwrap
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
FENCE = re.compile(
    r"(?:^[ ]*<!--\s*(?P<mark>needs|not run):(?P<text>[^\n]*?)-->[ ]*\n\s*)?"
    r"^(?P<indent>[ ]*)```[ ]*(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
SETTINGS = {
    "NO_COLOR": "1", "COLUMNS": "80", "MPLBACKEND": "agg", "PYTHONHASHSEED": "0",
    "KERAS_BACKEND": "torch", "TF_CPP_MIN_LOG_LEVEL": "2", "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
}  # fmt: skip
LANGUAGES = {"python", "py", "pycon", "console", "bash", "sh"}
SET_UP = re.compile(r"^(pip|git|tox|python -m venv|source|pre-commit|apt|mkdocs)\b|^\s*$|^#")


@dataclass
class Block:
    """A fenced block: what is in it, how it is marked, what must be printed, and where."""

    language: str
    body: str
    line: int
    indent: str
    span: tuple[int, int]
    needs: tuple[str, ...] = ()
    not_run: str = ""
    expected: str | None = None
    expected_span: tuple[int, int] | None = None


@dataclass
class Result:
    """What came of a page: blocks that ran, blocks that did not and why, faults, its new text."""

    page: str
    ran: int = 0
    skipped: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    text: str = ""
    figures: list[str] = field(default_factory=list)


def absent(needs: tuple[str, ...]) -> list[str]:
    """List the modules that a block needs and that are not installed."""
    return [need for need in needs if importlib.util.find_spec(need) is None]


def reason(mark: str | None, text: str | None) -> str:
    """Say why a block with this mark does not run; nothing where it does."""
    if mark is None or text is None or mark == "not run":
        return (text or "").strip()
    missing = absent(tuple(text.replace(",", " ").split()))
    return f"it needs {', '.join(missing)}" if missing else ""


def blocks(page: str) -> list[Block]:
    """Find the blocks of a page that may run; a text block right behind one is its output."""
    found: list[Block] = []
    end = -1
    for at in FENCE.finditer(page):
        body = (at.start("body"), at.end("body"))
        text = textwrap.dedent(page[slice(*body)])
        if at["language"] == "text" and found and not page[end : at.start()].strip():
            found[-1].expected, found[-1].expected_span = text, body
        elif at["language"] in LANGUAGES:
            line = page.count("\n", 0, body[0]) + 1
            block = Block(at["language"], text, line, at["indent"], body)
            if at["mark"] == "needs":
                block.needs = tuple(at["text"].replace(",", " ").split())
            block.not_run = at["text"].strip() if at["mark"] == "not run" else ""
            found.append(block)
            end = at.end()
            continue
        end = -1
    return found


def borrowed(page: str) -> list[str]:
    """List names that a block uses, and that only blocks make which may not have run."""
    given: dict[str, list[set[str]]] = {}
    found = []
    for block in blocks(page):
        if block.language not in ("python", "py") or block.not_run:
            continue
        table = symtable.symtable(block.body, "page", "exec")
        used = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
        made = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
        found += [
            f"line {block.line}: {name}"
            for name in sorted((used - made) & set(given))
            if not any(needs <= set(block.needs) for needs in given[name])
        ]
        for name in made:
            given.setdefault(name, []).append(set(block.needs))
    return found


def differs(expected: str, got: str) -> bool:
    """Whether what was printed is not what the page says; there `...` stands for anything."""
    lines = [
        "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))
        for text in (expected, got)
    ]
    wanted = ".*?".join(re.escape(part) for part in lines[0].split("..."))
    return re.fullmatch(wanted, lines[1], re.DOTALL) is None


def run_python(block: Block, names: dict, place: str) -> str:
    """Run a block of Python in the names of its page; return what it prints."""
    out = io.StringIO()
    code = compile("\n" * (block.line - 1) + block.body, place, "exec")
    with contextlib.redirect_stdout(out):
        exec(code, names)
    return out.getvalue()


def run_examples(block: Block, names: dict, place: str) -> str:
    """Run a block of >>> lines as doctest does; return what it says of those that differ."""
    out = io.StringIO()
    test = doctest.DocTestParser().get_doctest(block.body, names, place, place, block.line - 1)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    runner.run(test, out=out.write, clear_globs=False)
    names.update(test.globs)
    return out.getvalue()


def shell(command: str) -> tuple[int, str]:
    """Run a command of a page as typed, 80 columns wide and without colour."""
    ran = subprocess.run(
        ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    return ran.returncode, ran.stdout


def commands(body: str) -> list[tuple[str, str]]:
    """Split a console block into commands (a `$ ` before each) and the output below each."""
    found: list[tuple[str, str]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found and found[-1][0].endswith("\\"):
            found[-1] = (found[-1][0] + "\n" + line, "")
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
        elif line.strip():
            raise ValueError(f"a console block starts with '$ ', not with {line!r}")
    return found


def run_console(block: Block, result: Result, place: str) -> str:
    """Run a console block; return it with what was printed now."""
    now = ""
    for command, expected in commands(block.body):
        status, got = shell(command)
        if status not in (0, 2):
            result.faults.append(f"{place}: exit status {status} of {command}\n{got}")
        elif differs(expected, got):
            result.faults.append(f"{place}: {command}\n--- the page\n{expected}--- printed\n{got}")
        same = not differs(expected, got)
        now += f"$ {command}\n" + (expected if same else got.rstrip("\n") + "\n" if got else "")
    return now


def run_block(block: Block, names: dict, result: Result) -> tuple[tuple[int, int], str] | None:
    """Run a block; return where the page ought to change, and to what."""
    place = f"{result.page}:{block.line}"
    if block.language in ("bash", "sh"):
        for line in block.body.replace("\\\n", " ").splitlines():
            status, got = (0, "") if SET_UP.search(line) else shell(line)
            if status:
                result.faults.append(f"{place}: exit status {status} of {line}\n{got}")
    elif block.language == "console":
        return block.span, run_console(block, result, place)
    elif block.language == "pycon":
        got = run_examples(block, names, place)
        if got:
            result.faults.append(f"{place}: {got}")
    else:
        got = run_python(block, names, place)
        if block.expected is None and got.strip():
            said = f"{place}: prints, and no ```text block below says what:\n{got}"
            result.faults.append(said)
        elif block.expected is not None and differs(block.expected, got):
            said = f"{place}:\n--- the page\n{block.expected}--- printed\n{got}"
            result.faults.append(said)
            return block.expected_span, got.rstrip("\n") + "\n"
    return None


def run_page(path: Path) -> Result:
    """Run the snippets of a page in this process, in a folder that shows tests/ and bench/."""
    path = path.resolve()
    page = path.read_text(encoding="utf-8")
    name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
    result, names, changes = Result(name), {"__name__": "__main__"}, []
    for block in blocks(page):
        missing = absent(block.needs)
        allowed = os.environ.get("F1CORE_DOCS_MISSING")
        if block.not_run or missing:
            why = block.not_run or f"needs {', '.join(missing)}"
            result.skipped.append(f"{name}:{block.line}: {why}")
            if missing and allowed is not None and not set(missing) <= set(allowed.split()):
                result.faults.append(f"{name}:{block.line}: {why}, which is not installed here")
            continue
        try:
            change = run_block(block, names, result)
        except BaseException:
            result.faults.append(f"{name}:{block.line}:\n{traceback.format_exc()}")
            break
        result.ran += 1
        if change:
            changes.append((block.indent, *change))
    for indent, (start, end), text in reversed(changes):
        page = page[:start] + textwrap.indent(text, indent) + page[end:]
    result.text = page
    return result


def run_in_folder(path: Path, figures: Path) -> Result:
    """Run a page in a process and a folder of its own; keep what it wrote below `figures/`."""
    with tempfile.TemporaryDirectory() as folder:
        for shown in ("tests", "bench"):
            (Path(folder) / shown).symlink_to(ROOT / shown)
        (Path(folder) / "figures").mkdir()
        command = Path(folder) / ".bin" / "f1core"  # for a clone that is not installed
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m f1core "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        paths = [str(command.parent), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
        env = {**os.environ, "PATH": os.pathsep.join(paths), **SETTINGS}
        ran = subprocess.run(
            [sys.executable, __file__, "--here", "result.json", str(path.resolve())],
            cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        )  # fmt: skip
        written = Path(folder) / "result.json"
        if not written.exists():
            return Result(str(path), faults=[f"{path}: the process ended early\n{ran.stdout}"])
        result = Result(**json.loads(written.read_text(encoding="utf-8")))
        for figure in sorted((Path(folder) / "figures").iterdir()):
            figures.mkdir(parents=True, exist_ok=True)
            shutil.copy(figure, figures / figure.name)
            result.figures.append(figure.name)
    return result


def run_pages(paths: list[Path], figures: Path) -> list[Result]:
    """Run pages, each by itself, on all cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda path: run_in_folder(path, figures), paths))


def main() -> int:
    """Run the pages that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help="put what was printed into the page")
    parser.add_argument("--figures", type=Path, default=Path(tempfile.gettempdir()) / "figures")
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    parsed = parser.parse_args()
    if parsed.here:
        result = run_page(parsed.pages[0])
        parsed.here.write_text(json.dumps(asdict(result)), encoding="utf-8")
        return 0
    results = run_pages(parsed.pages, parsed.figures)
    for path, result in zip(parsed.pages, results, strict=True):
        print(f"{result.page}: {result.ran} ran, {len(result.skipped)} did not")
        print("\n".join([*result.skipped, *result.faults]))
        if parsed.write and result.text:
            path.write_text(result.text, encoding="utf-8")
    return int(any(result.faults for result in results))


if __name__ == "__main__":
    sys.exit(main())
