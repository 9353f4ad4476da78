"""What the build of the site does besides MkDocs: runs all snippets, makes pages, writes llms.txt.

`F1CORE_DOCS_RUN=0 mkdocs serve` leaves the snippets out while somebody writes.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
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
FIGURES = Path(tempfile.mkdtemp())
HIDDEN = re.compile(r"^<!-- hidden\n.*?^-->\n", re.MULTILINE | re.DOTALL)
MADE = {"changelog.md": "CHANGELOG.md", "explanation/scale.md": "bench/SCALE.md"}
texts: dict[str, tuple[str, str, str]] = {}


def on_pre_build(config: Any) -> None:
    """Run the snippets of all pages, and fail where a page says what is not so."""
    if os.environ.get("F1CORE_DOCS_RUN") == "0":
        log.warning("no snippet was run")
        return
    pages = [ROOT / "README.md", *sorted(Path(config["docs_dir"]).rglob("*.md"))]
    results = run_snippets.run_pages(pages, FIGURES)
    faults = [fault for result in results for fault in result.faults]
    for line in (line for result in results for line in result.skipped):
        log.info("not run: %s", line)
    ran = sum(result.ran for result in results)
    log.info(
        "%d snippets ran on %d pages, %d figures", ran, len(pages), len(list(FIGURES.iterdir()))
    )
    if faults:
        raise PluginError("\n\n".join(["snippets that are not so:", *faults]))


def on_files(files: Any, config: Any) -> Any:
    """Add the figures that snippets drew, and pages that live elsewhere in the repository."""
    for figure in FIGURES.iterdir():
        files.append(File.generated(config, f"figures/{figure.name}", abs_src_path=str(figure)))
    for page, source in MADE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Leave hidden snippets out, and say below a snippet that was not run why it was not."""
    markdown = HIDDEN.sub("", markdown)
    for at in reversed(list(run_snippets.FENCE.finditer(markdown))):
        if at["mark"] == "not run":
            note = f"\n\n{at['indent']}*Not run here: {at['text'].strip()}.*{{ .not-run }}\n"
            fence = markdown[: at.start()] + at[0][at[0].index("-->\n") + 4 :]
            markdown = fence + note + markdown[at.end() :]
    return markdown


def on_page_content(html: str, page: Any, **_: Any) -> None:
    """Keep what `llms.txt` says of a page, and its text without the site around it."""
    made = ":::" in page.markdown
    text = markdownify(html, heading_style="ATX") if made else page.markdown
    body = text.split("\n# ", 1)[-1].split("\n", 1)[-1] if "# " in text else text
    first = next((part for part in body.split("\n\n") if re.match(r"\s*[\w`*\[]", part)), "")
    sentence = re.split(r"(?<=[.:?])\s", " ".join(first.split()), maxsplit=1)[0]
    texts[page.file.src_uri] = (page.title, sentence, text)


def on_post_build(config: Any) -> None:
    """Write `llms.txt`, a line a page, and each page as Markdown beside its HTML."""
    site = Path(config["site_dir"])
    lines = [f"# {config['site_name']}", "", f"> {config['site_description']}"]

    def listed(items: Any, section: str) -> None:
        for item in items:
            if item.is_section:
                lines.extend(["", f"## {item.title}", ""])
                listed(item.children, item.title)
            elif item.is_page:
                title, sentence, text = texts[item.file.src_uri]
                uri = re.sub(r"\.html$", ".md", item.file.dest_uri)
                (site / uri).write_text(text, encoding="utf-8")
                lines.append(f"- [{title}]({uri}): {sentence}")

    listed(navigation[0], "")
    (site / "llms.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")


navigation: list[Any] = []


def on_nav(nav: Any, **_: Any) -> None:
    """Keep the navigation for `llms.txt`."""
    navigation[:] = [nav.items]
