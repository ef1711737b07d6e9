"""Every built page in a real browser, as a reader would have it: light and dark, desktop and phone, http and file.

Skipped where there is no Chromium; with RNNBOOK_REQUIRE_BROWSER=1 its absence is a failure.
"""

import functools
import http.server
import json
import os
import re
import shutil
import threading
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from built_site import PAGES, SITE, toc_files
from playwright.sync_api import expect, sync_playwright

CHROMIUM = shutil.which("chromium")
REQUIRED = os.environ.get("RNNBOOK_REQUIRE_BROWSER") == "1"
pytestmark = pytest.mark.skipif(
    not CHROMIUM and not REQUIRED,
    reason="no Chromium here (Debian: apt-get install chromium): the pages were not looked at in a browser",
)

# Only this machine can be reached. (Playwright's own way to refuse a request would switch off the browser's cache.)
ARGS = ["--no-sandbox", "--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
OURS = ("http://127.0.0.1:", "file:", "data:", "blob:")

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# What can only be seen on a small screen, and what only the colours decide.
RULES_OF_SIZE = ["scrollable-region-focusable", "target-size"]
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"]
NOTEBOOKS = [name for name, source in toc_files().items() if source and source.suffix == ".ipynb"]

SETTLE = """async () => {
    await window.MathJax?.startup?.promise;
    for (const image of document.images) image.loading = "eager";
    await Promise.all([...document.images].map(image => image.decode().catch(() => null)));
    await document.fonts.ready;
}"""
SEEN = """() => [
    ...[...document.querySelectorAll("mjx-merror")].map(e => `formula: ${e.dataset.mjxError ?? e.textContent}`),
    ...[...document.images].filter(i => !i.naturalWidth).map(i => `broken image: ${i.getAttribute("src")}`),
    ...[...document.querySelectorAll("article img")].filter(i => {
        const style = getComputedStyle(i);
        return style.backgroundColor !== "rgb(255, 255, 255)" || style.filter !== "none";
    }).map(i => `not on a light card: ${i.getAttribute("src")}`),
]"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Contrast is most of axe-core's work, and most of that is code: look at one coloured word of a kind, not at thousands.
THIN_OUT = """() => {
    const seen = new Set();
    for (const word of document.querySelectorAll(".highlight pre span")) {
        const kind = `${word.className} ${Boolean(word.closest(".cell_output"))}`;
        seen.has(kind) ? word.replaceWith(...word.childNodes) : seen.add(kind);
    }
}"""
AXE = """options => axe.run(options).then(found => found.violations.flatMap(rule => rule.nodes.map(node =>
    `${rule.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`)))"""


@pytest.fixture(scope="session")
def chromium():
    assert CHROMIUM, "RNNBOOK_REQUIRE_BROWSER=1, but there is no chromium on the path"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


def serve(folder):
    """Start serving `folder` on a free port of this machine; returns the server."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def address():
    assert (SITE / "index.html").is_file(), "there is no built book: run `make book` first"
    server = serve(SITE)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Reader:
    """A browser window that keeps account of what went wrong while it looked at a page."""

    def __init__(self, chromium, colours):
        self.context = chromium.new_context(viewport=DESKTOP, color_scheme=colours, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.faults = []
        self.page.on("console", lambda said: said.type == "error" and self.faults.append(f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", lambda asks: asks.url.startswith(OURS) or self.faults.append(f"asks {asks.url}"))

    def open(self, url):
        """Open `url` on a desktop and wait until its formulas and pictures are there."""
        self.faults.clear()
        self.page.set_viewport_size(DESKTOP)
        self.page.goto(url)
        self.page.evaluate(SETTLE)
        return self.page

    def axe(self, rules=None):
        """Note what axe-core finds: all of WCAG 2.2 A and AA, or the given `rules` only."""
        run_only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": WCAG}
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
            self.page.evaluate(THIN_OUT)
        self.faults += self.page.evaluate(AXE, {"runOnly": run_only, "resultTypes": ["violations"], "preload": False})

    def look(self):
        """Note the faults of the open page, on a desktop and on a phone; returns them all."""
        self.faults += self.page.evaluate(SEEN)
        self.axe()
        self._look_on_a_phone()
        self.axe(RULES_OF_SIZE)
        return self.faults

    def look_again(self):
        """As `look`, for a page that was looked at in the other colour mode: axe-core's rules on colours only."""
        self.faults += self.page.evaluate(SEEN)
        self.axe(RULES_OF_COLOUR)
        self._look_on_a_phone()
        return self.faults

    def _look_on_a_phone(self):
        self.page.set_viewport_size(PHONE)
        if (excess := self.page.evaluate(TOO_WIDE)) > 0:
            self.faults.append(f"{excess} px wider than a phone")


@pytest.fixture(scope="session")
def light(chromium):
    return Reader(chromium, "light")


@pytest.fixture(scope="session")
def dark(chromium):
    return Reader(chromium, "dark")


@pytest.mark.parametrize("name", PAGES)
def test_page_in_light(light, address, name):
    light.open(f"{address}/{name}")
    assert light.look() == []


@pytest.mark.parametrize("name", PAGES)
def test_page_in_dark(dark, address, name):
    page = dark.open(f"{address}/{name}")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    assert dark.look_again() == []


@pytest.mark.parametrize("how", ["http", "file"])
def test_search_finds_a_word_by_keyboard_alone(light, address, how):
    page = light.open(f"{address}/index.html" if how == "http" else (SITE / "index.html").as_uri())
    page.keyboard.press("Control+k")
    page.keyboard.type("recurrent")
    page.keyboard.press("Enter")
    found = page.locator("#search-results li a")
    expect(found.first).to_be_visible()
    expect(page.locator("#search-results p.search-summary")).to_contain_text("found")
    found.first.press("Enter")
    expect(page.locator("article")).to_contain_text(re.compile("recurrent", re.IGNORECASE))
    assert light.faults == []


@pytest.mark.parametrize("name", ["index", *NOTEBOOKS[:1]])
def test_page_opened_as_a_file(dark, name):
    dark.open((SITE / f"{name}.html").as_uri())
    assert dark.look() == []


def test_colour_mode_is_switched_by_keyboard_and_stays(chromium, address):
    reader = Reader(chromium, "light")
    page = reader.open(f"{address}/index.html")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.classList.contains('theme-switch-button')"):
            break
    themes = []
    for _ in range(3):  # the button goes round: system, dark, light
        page.keyboard.press("Enter")
        themes.append(page.evaluate("() => document.documentElement.dataset.theme"))
    assert themes == ["dark", "light", "light"]
    page.keyboard.press("Enter")
    page = reader.open(f"{address}/chapters/glossary.html")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    reader.context.close()


def test_a_notebook_can_be_downloaded(light, address):
    name = NOTEBOOKS[0]  # test_site.py looks at the links and the files of all of them
    page = light.open(f"{address}/{name}.html")
    with page.expect_download() as download:
        page.locator("p.notebook-note a").click()
    assert download.value.suggested_filename == Path(f"{name}.ipynb").name
    assert json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["cells"]
    assert light.faults == []


def test_print_shows_the_text_alone_and_unfolds_what_is_folded(light, address):
    page = light.open(f"{address}/{NOTEBOOKS[0]}.html")
    folded = page.locator("article details:not([open]), article .toggle-hidden")
    assert folded.count()
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for gone in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".bd-header-article", ".prev-next-footer"):
        expect(page.locator(gone)).to_be_hidden()
    assert folded.count() == 0
    page.emulate_media(media="screen")


BAD = """<!doctype html><html lang="en"><head><title>A page with every fault</title></head><body><main><h1>Faults</h1>
<p style="width: 900px">Wide.</p><p style="color: #bbb; background: #fff">Pale.</p><mjx-merror>\\oops</mjx-merror>
<article><img src="nothing.png"></article><script src="https://foreign.example/x.js"></script><script>nothing.at.all</script>
</main></body></html>"""


def test_a_page_with_every_fault_is_caught(chromium, tmp_path):
    (tmp_path / "bad.html").write_text(BAD, encoding="utf-8")
    server = serve(tmp_path)
    reader = Reader(chromium, "light")
    reader.open(f"http://127.0.0.1:{server.server_port}/bad.html")
    faults = "\n".join(reader.look())
    server.shutdown()
    for fault in (
        "asks https://foreign",
        "script: nothing",
        "console: ",
        "formula: ",
        "broken image",
        "wider",
        "image-alt",
    ):
        assert fault in faults
    assert "color-contrast" in faults
    reader.context.close()
