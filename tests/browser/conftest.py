"""A browser, and reports in it that are watched: no message, no error, no request."""

from __future__ import annotations

import os
import shutil

import pytest

from f1core.html_report.page import render

NAMES = ("chromium", "chromium-browser", "google-chrome")


def lacking(reason):
    """Skip, unless the environment says that there must be a browser."""
    if os.environ.get("F1CORE_BROWSER") == "required":
        pytest.fail(f"F1CORE_BROWSER=required, and {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    """Chromium, by F1CORE_CHROMIUM or found on the path."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("playwright is not installed")
    path = os.environ.get("F1CORE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        lacking(f"there is no {' or '.join(NAMES)}; F1CORE_CHROMIUM names another")
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def expect(browser):
    """Playwright's assertions, which wait for what a page is about to say."""
    from playwright.sync_api import expect

    return expect


@pytest.fixture
def axe():
    """The rules of axe-core."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        lacking("axe-playwright-python is not installed")
    return Axe()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a report, or its contents; what it says or asks for is an error when the test ends."""
    contexts, unwanted = [], []

    def open_page(contents, *, width=1200, height=900, scheme="light", setup=None):
        path = contents
        if isinstance(contents, dict):
            path = tmp_path / f"{len(contexts)}.html"
            path.write_text(render(contents), encoding="utf-8", newline="\n")
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        if setup:
            context.add_init_script(setup)
        page = context.new_page()
        page.on("console", lambda said: unwanted.append(f"console: {said.text}"))
        page.on("pageerror", lambda error: unwanted.append(f"error: {error}"))
        page.on("dialog", lambda dialog: unwanted.append(f"dialog: {dialog.message}"))
        page.on("request", lambda asked: unwanted.append(f"request: {asked.url}"))
        page.goto(path.as_uri())
        unwanted.remove(f"request: {path.as_uri()}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [said for said in unwanted if not said.startswith("request: data:")] == []
