"""What the build of the site does besides MkDocs: runs all snippets, makes pages, writes llms.txt.

`F1CORE_DOCS_RUN=0 mkdocs serve` leaves the snippets out while somebody writes.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

from markdownify import markdownify
from mkdocs.exceptions import PluginError
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File

sys.path.insert(0, str(Path(__file__).parent))
import run_snippets

log = get_plugin_logger("f1core")
ROOT = Path(__file__).parent.parent
FIGURES, GALLERY = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
HIDDEN = re.compile(r"^<!-- hidden\n.*?^-->\n", re.MULTILINE | re.DOTALL)
PERMALINK = re.compile(r"<a [^>]*\bheaderlink\b[^>]*>.*?</a>")
HEADING = re.compile(r"^# (.*)$", re.MULTILINE)
MADE = {"changelog.md": "CHANGELOG.md", "explanation/scale.md": "bench/SCALE.md"}
texts: dict[str, tuple[str, str, str]] = {}


def on_pre_build(config: Any) -> None:
    """Run the snippets of all pages, draw the gallery; fail where a page says what is not so."""
    if os.environ.get("F1CORE_DOCS_RUN") == "0":
        log.warning("no snippet was run")
        (GALLERY / "index.md").write_text("# Gallery\n\nNot drawn.\n", encoding="utf-8")
        return
    command = [sys.executable, str(ROOT / "docs" / "make_gallery.py"), str(GALLERY)]
    drawn = subprocess.run(command, capture_output=True, encoding="utf-8")
    pages = [ROOT / "README.md", *sorted(Path(config["docs_dir"]).rglob("*.md"))]
    results = run_snippets.run_pages(pages, FIGURES)
    faults = [fault for result in results for fault in result.faults]
    faults += [f"the gallery was not drawn:\n{drawn.stderr}"] if drawn.returncode else []
    for line in (line for result in results for line in result.skipped):
        log.info("not run: %s", line)
    ran = sum(result.ran for result in results)
    log.info(
        "%d snippets ran on %d pages, %d figures", ran, len(pages), len(list(FIGURES.iterdir()))
    )
    if faults:
        raise PluginError("\n\n".join(["snippets that are not so:", *faults]))


def on_config(config: Any) -> Any:
    """Let a folder in the navigation stand for its pages: first its index, the others by title."""
    docs = Path(config["docs_dir"])

    def title(page: Path) -> tuple[bool, str]:
        return page.name != "index.md", HEADING.search(page.read_text(encoding="utf-8"))[1].lower()

    def listed(folder: str) -> list[str]:
        pages = [page for page in docs.joinpath(folder).glob("*.md") if page != docs / "index.md"]
        made = [page for page in MADE if Path(page).parent == Path(folder)]
        return [*(page.relative_to(docs).as_posix() for page in sorted(pages, key=title)), *made]

    for section in config["nav"] or []:
        if isinstance(section, dict):
            for name, value in section.items():
                section[name] = listed(value) if str(value).endswith("/") else value
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add what snippets and the gallery drew, and pages that live elsewhere in the repository."""
    for folder, name in ((FIGURES, "figures"), (GALLERY, "gallery")):
        for made in sorted(folder.iterdir()):
            files.append(File.generated(config, f"{name}/{made.name}", abs_src_path=str(made)))
    for page, source in MADE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    return files


def commands() -> str:
    """Write the commands and options of the parser as Markdown."""
    from f1core.cli import _parser

    (named,) = (a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
    parts = []
    for name, parser in named.choices.items():
        usage = re.sub(r"\n +", "\n    ", parser.format_usage().removeprefix("usage: ").rstrip())
        parts += [f"## {name}", " ".join((parser.description or "").split())]
        parts.append(f"```text\n{usage}\n```")
        rows = ["| option | what it does |", "| --- | --- |"]
        for action in parser._actions[1:]:
            value = action.metavar or "|".join(map(str, action.choices or [action.dest.upper()]))
            given = [", ".join(action.option_strings), "" if action.nargs == 0 else str(value)]
            said = " ".join((action.help or "").replace("%%", "%").split())
            cells = f"`{' '.join(filter(None, given))}`", said
            rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        parts.append("\n".join(rows))
        if parser.epilog:
            parts.append(
                f"```bash\n{textwrap.dedent(parser.epilog.split(chr(10), 1)[1]).strip()}\n```"
            )
    return "\n\n".join(parts)


def _title(file: Any) -> str:
    """Find the heading of a page."""
    return HEADING.search(file.content_string)[1]


def _sentence(file: Any) -> str:
    """Find the first sentence of a page below its heading, without links."""
    body = HIDDEN.sub("", HEADING.split(file.content_string, maxsplit=1)[-1])
    body = run_snippets.FENCE.sub("", body)
    parts = (" ".join(part.split()) for part in body.split("\n\n"))
    first = next((part for part in parts if re.match(r"[\w`*\[]", part)), "")
    first = re.sub(r"\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])", r"\1", first)
    return re.split(r"(?<=[.?])\s", first, maxsplit=1)[0].rstrip(":")


def on_page_markdown(markdown: str, page: Any, files: Any, **_: Any) -> str:
    """Hide what is hidden, say why snippets were not run, list commands and a folder's pages."""
    if "<!-- pages -->" in markdown:
        folder = [
            other for other in files.documentation_pages() if other.src_uri != page.file.src_uri
        ]
        inside = [f for f in folder if Path(f.src_uri).parent == Path(page.file.src_uri).parent]
        lines = [f"- [{_title(f)}]({Path(f.src_uri).name}): {_sentence(f)}" for f in inside]
        markdown = markdown.replace("<!-- pages -->", "\n".join(sorted(lines, key=str.lower)))
    markdown = HIDDEN.sub("", markdown).replace("<!-- commands -->", commands())
    for at in reversed(list(run_snippets.FENCE.finditer(markdown))):
        why = run_snippets.reason(at["mark"], at["text"])
        if why:
            note = f"\n\n{at['indent']}*Not run when this page was built: {why}.*{{ .not-run }}\n"
            fence = markdown[: at.start()] + at[0][at[0].index("-->\n") + 4 :]
            markdown = fence + note + markdown[at.end() :]
    return markdown


def on_page_content(html: str, page: Any, **_: Any) -> None:
    """Keep what `llms.txt` says of a page, and its text without the site around it."""
    made = ":::" in page.markdown
    text = markdownify(PERMALINK.sub("", html), heading_style="ATX") if made else page.markdown
    texts[page.file.src_uri] = (_title(page.file), _sentence(page.file), text)


def on_post_build(config: Any) -> None:
    """Write `llms.txt`, a line a page, and each page as Markdown beside its HTML."""
    site = Path(config["site_dir"])
    lines = [f"# {config['site_name']}", "", f"> {config['site_description']}"]

    def listed(items: Any) -> None:
        for item in items:
            if item.is_section:
                lines.extend(["", f"## {item.title}", ""])
                listed(item.children)
            elif item.is_page:
                title, sentence, text = texts[item.file.src_uri]
                uri = re.sub(r"\.html$", ".md", item.file.dest_uri)
                (site / uri).write_text(text, encoding="utf-8")
                lines.append(f"- [{title}]({uri}): {sentence}")

    listed(navigation[0])
    (site / "llms.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")


navigation: list[Any] = []


def on_nav(nav: Any, **_: Any) -> None:
    """Keep the navigation for `llms.txt`."""
    navigation[:] = [nav.items]
