"""The site under test: what `make book` left in `_build/html`."""

from functools import cache
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))


@cache
def parsed(name):
    """The page `name` (its path inside the site), parsed."""
    return BeautifulSoup((SITE / name).read_bytes(), "html.parser")


def toc_files():
    """The pages named in _toc.yml, root first, as paths in the repository: {"index": Path("index.md"), ...}."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    names = [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]
    found = {name: [ROOT / f"{name}{suffix}" for suffix in (".md", ".ipynb")] for name in names}
    return {name: next((path for path in paths if path.is_file()), None) for name, paths in found.items()}
