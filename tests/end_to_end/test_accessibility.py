"""The pages of a release in a real browser: usable with a keyboard, without JavaScript and on a phone.

Contains what only a browser can test. Not here: the content of pages (`test_dictionary`, `tests/expectations`).

The rules are those of axe-core for WCAG 2.2 at level AA, and its best practices.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from expectations.docs import write_docs
from expectations.suites import all_suites
from orchestration.warehouse.store.catalogue import resolve_release
from orchestration.warehouse.store.verdict import FailedRule, read_verdict
from tests.conftest import Home

pytestmark = pytest.mark.slow

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine; skips where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        pytest.skip(f"no browser here: none of {', '.join(names)} is installed")
    with sync_playwright() as playwright:
        # Its sandbox does not work for the superuser; nothing but our own files is opened.
        alone = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=found, args=[*alone, "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(published: Home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of the pages of a release, and of a verdict that found something of each kind."""
    folder = resolve_release(published.settings)
    wrong = [FailedRule(f"{kind}.rule", kind, "3 rows", ({"value": 1},), "What was expected.")
             for kind in ("critical", "warning")]  # type: ignore[arg-type]  # fmt: skip
    verdict = read_verdict(folder)
    refused = replace(verdict, suites=(replace(verdict.suites[0], failed=tuple(wrong)), *verdict.suites[1:]))
    return {
        "dictionary": (folder / "dictionary" / "index.html").as_uri(),
        "verdict": (folder / "data-docs" / "index.html").as_uri(),
        "refusal": write_docs(tmp_path_factory.mktemp("refused"), refused, all_suites(None)).as_uri(),
    }


def test_every_page_of_a_release_is_examined(published: Home, pages: dict[str, str]) -> None:
    folder = resolve_release(published.settings)
    assert {path.as_uri() for path in folder.rglob("*.html")} == {pages["dictionary"], pages["verdict"]}


def violations(page: Page) -> list[str]:
    """What axe finds, with the first place of each."""
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {one['help']} ({len(one['nodes'])}, e.g. {one['nodes'][0]['html'][:120]})" for one in found]


def opened(browser: Browser, address: str, size: dict[str, int], **more: Any) -> Page:
    page = browser.new_context(viewport=size, **more).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(120_000)
    page.goto(address)
    return page


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", ["dictionary", "verdict", "refusal"])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser: Browser, pages: dict[str, str], name: str, size: dict[str, int]
) -> None:
    page = opened(browser, pages[name], size)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_axe_finds_nothing_while_one_searches(browser: Browser, pages: dict[str, str]) -> None:
    page = opened(browser, pages["dictionary"], PHONE)
    page.fill("#words", "breach")
    expect(page.get_by_role("status")).to_have_text(re.compile("^Found"))
    assert violations(page) == []


def test_axe_would_find_what_is_wrong(browser: Browser, pages: dict[str, str]) -> None:
    page = opened(browser, pages["verdict"], DESKTOP)
    page.evaluate("document.documentElement.removeAttribute('lang'); document.querySelector('h1').style.color = '#ccc'")
    assert [one.partition(":")[0] for one in violations(page)] == ["color-contrast", "html-has-lang"]


def test_the_search_box_is_reached_by_keyboard_and_says_what_it_found(browser: Browser, pages: dict[str, str]) -> None:
    page = opened(browser, pages["dictionary"], DESKTOP)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the tables"
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "words":
            break
    page.keyboard.type("breach proportion")
    status = page.get_by_role("status")
    expect(page.get_by_role("status")).to_have_text(re.compile("^Found"))
    assert status.inner_text().startswith("Found: ")
    assert "1 measure" in status.inner_text()
    assert page.locator("[id='measure-nhse.ae_breach_proportion']").is_visible()
    assert page.locator("[id='measure-ho.police_headcount']").is_hidden()
    page.keyboard.press("Control+A")
    page.keyboard.type("zzz qqq")
    expect(page.get_by_role("status")).to_have_text(re.compile("^No entry"))
    assert page.locator(".entry:visible").count() == 0


def test_a_search_shows_the_columns_that_were_found_and_a_link_leads_out_of_it(
    browser: Browser, pages: dict[str, str]
) -> None:
    page = opened(browser, pages["dictionary"], DESKTOP)
    page.fill("#words", "value_status")
    expect(page.get_by_role("status")).to_have_text(re.compile("^Found"))
    assert page.locator("[id='analysis.observations.value_status']").is_visible()
    assert page.locator("[id='analysis.observations.location_name']").is_hidden()
    page.locator("[id='analysis.observations.value_status'] a").click()
    expect(page.locator("#words")).to_have_value("")
    assert page.locator("#codes-value_status tbody tr").first.is_visible()


def test_without_javascript_everything_is_there(browser: Browser, pages: dict[str, str]) -> None:
    page = opened(browser, pages["dictionary"], PHONE, java_script_enabled=False)
    assert page.locator("form").is_hidden()
    rows = page.locator("tbody tr")
    assert rows.count() > 1000
    assert rows.first.is_visible()
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("#codes-value_status tbody tr").last.is_visible()


@pytest.mark.parametrize("name", ["dictionary", "verdict"])
def test_a_page_needs_no_network(browser: Browser, pages: dict[str, str], name: str) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[name])
    assert asked == [pages[name]]
