"""The built site, read without a browser: it is whole, it is of today, and it asks nobody for anything."""

import re
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from built_site import PAGES, ROOT, SITE, parsed, toc_files

every_page = pytest.mark.parametrize("name", PAGES)
every_file = pytest.mark.parametrize("name", toc_files())

# Which attributes make a browser fetch something by itself.
FETCHED = {
    "script": ["src"],
    "link": ["href"],
    "img": ["src", "srcset"],
    "source": ["src", "srcset"],
    "iframe": ["src"],
    "video": ["src", "poster"],
    "audio": ["src"],
    "embed": ["src"],
    "object": ["data"],
    "use": ["href"],
}
FOREIGN = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
# A script's own way to ask: an address in quotes.
FOREIGN_TEXT = re.compile(r"['\"`](?:https?:)?//", re.IGNORECASE)
# A style sheet's own way to ask: url(...) or @import.
FOREIGN_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?\s*(?:https?:)?//", re.IGNORECASE)


def test_the_site_is_there():
    assert (SITE / "index.html").is_file(), f"there is no built book in {SITE.relative_to(ROOT)}: run `make book` first"


@every_file
def test_every_page_of_the_contents_is_built_from_its_present_source(name):
    source = toc_files()[name]
    assert source, f"_toc.yml names {name}, which is neither a .md nor a .ipynb file"
    assert f"{name}.html" in PAGES
    built_from = SITE / "_sources" / source.relative_to(ROOT)
    assert built_from.read_bytes() == source.read_bytes(), f"{source.name} changed since the build: run `make book`"


@every_file
def test_every_page_is_reached_from_the_navigation_of_the_first(name):
    links = {link["href"].split("#")[0] for link in parsed("index.html").select("nav.bd-links a[href]")}
    assert name == "index" or f"{name}.html" in links


@pytest.mark.parametrize("name", [name for name, source in toc_files().items() if source and source.suffix == ".ipynb"])
def test_every_notebook_page_offers_its_notebook(name):
    depth = "../" * name.count("/")
    links = [link["href"] for link in parsed(f"{name}.html").select("a[href$='.ipynb']")]
    notebook = f"_sources/{name}.ipynb"
    # Once in the header, and once where the page says that it is a notebook.
    assert links.count(f"{depth}{notebook}") == 2
    nbformat.validate(nbformat.read(SITE / notebook, as_version=4))


@every_page
def test_every_link_and_anchor_resolves(name):
    dead = []
    for tag, attribute in (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src"), ("use", "href")):
        for element in parsed(name).find_all(tag, attrs={attribute: True}):
            url = urlsplit(element[attribute])
            if url.scheme or url.netloc or not _resolves(name, unquote(url.path), unquote(url.fragment)):
                if url.scheme in {"http", "https", "mailto", "data"}:
                    continue
                dead.append(element[attribute])
    assert dead == []


def _resolves(name, path, fragment):
    """Whether `path#fragment`, written on the page `name`, leads somewhere."""
    target = ((SITE / name).parent / path).resolve() if path else SITE / name
    if not target.is_file():
        return False
    if not fragment or target.suffix != ".html":
        return True
    page = parsed(target.relative_to(SITE).as_posix())
    return page.find(id=fragment) is not None or page.find(attrs={"name": fragment}) is not None


@every_page
def test_no_page_asks_a_foreign_host(name):
    page = parsed(name)
    asked = [
        element[attribute]
        for tag, attributes in FETCHED.items()
        for element in page.find_all(tag)
        for attribute in attributes
        if FOREIGN.match(element.get(attribute, ""))
    ]
    asked += [
        script.string
        for script in page.find_all("script", src=False)
        if re.search(r"['\"](?:https?:)?//", script.string or "")
    ]
    asked += [style.string for style in page.find_all("style") if FOREIGN_STYLE.search(style.string or "")]
    asked += [element["style"] for element in page.find_all(style=FOREIGN_STYLE)]
    assert asked == []


def test_no_style_sheet_asks_a_foreign_host():
    asked = {
        path.relative_to(SITE).as_posix(): FOREIGN_STYLE.findall(path.read_text(encoding="utf-8"))
        for path in SITE.rglob("*.css")
    }
    assert asked
    assert {path: found for path, found in asked.items() if found} == {}


@every_page
def test_every_image_says_what_it_shows(name):
    mute = [
        image["src"]
        for image in parsed(name).find_all("img")
        if len(image.get("alt", "").split()) < 3 or "_images/" in image["alt"]
    ]
    assert mute == [], "images without alt text"


@every_page
def test_ids_are_unique_and_the_language_is_said(name):
    page = parsed(name)
    ids = [element["id"] for element in page.find_all(id=True)]
    assert sorted({twice for twice in ids if ids.count(twice) > 1}) == []
    assert page.html["lang"] == "en"


def test_chinese_is_marked_as_chinese():
    glossary = parsed("chapters/glossary.html")
    chinese = re.compile("[\u4e00-\u9fff]")
    unmarked = [
        text
        for text in glossary.select_one("article").find_all(string=chinese)
        if not text.find_parent(attrs={"lang": "zh-Hans"})
    ]
    assert glossary.select("article [lang=zh-Hans]")
    assert unmarked == []


def test_nothing_is_shipped_that_no_page_needs():
    files = [path.relative_to(SITE).as_posix() for path in SITE.rglob("*") if path.is_file()]
    needless = [path for path in files if path.endswith((".map", ".ttf")) or "/sre/" in path or "thebe" in path]
    assert needless == []
