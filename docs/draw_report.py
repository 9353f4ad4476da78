"""Draw the picture of a report in README.md: `python docs/draw_report.py`, with playwright."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import f1core.files

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs/assets/report.png"


def draw() -> None:
    """Write a report of late flights, take its best threshold, and photograph that section."""
    flights = ROOT / "tests/data/flights.npz"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as browsers:
        page = f1core.files.report(
            flights, f"{folder}/report.html", target="y_true", probabilities="y_prob"
        )
        browser = browsers.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        view = browser.new_page(viewport={"width": 1000, "height": 510})
        view.goto(page.as_uri())
        view.get_by_role("button", name="best F1", exact=True).first.click()
        view.evaluate("document.querySelector('#threshold').scrollIntoView()")
        view.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    draw()
