"""Build the book: `python tools/build_book.py [--path-output DIR] [SOURCE]`.

Sphinx works below `DIR/_build/sphinx` and keeps there what it has read, so that the next build reads changed pages
only; every page is written anew, because a change on one page can move a number or a title that another one quotes.
Warnings are errors. What a reader needs of the result is then published to `DIR/_build/html`. A build that fails leaves
no site, and forgets what it has read: else the next build would not read the page at fault again and miss its warnings.
"""

import argparse
import fcntl
import shutil
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from jupyter_book.sphinx import build_sphinx
from sphinx.util.console import color_terminal, nocolor

ROOT = Path(__file__).resolve().parent.parent

# The theme's icons come as a font (0.2 MB); this script draws them once more (1.4 MB a page). Pages that ask for it get
# an empty file.
EMPTIED = {"_static/scripts/fontawesome.js"}
MATHJAX = "_static/mathjax"
MATHJAX_NEEDS = (
    f"{MATHJAX}/tex-chtml.js",
    f"{MATHJAX}/output/chtml/fonts/woff-v2/",
    f"{MATHJAX}/input/tex/extensions/",
)
NEEDLESS = (
    "_static/locales/",
    "_static/images/logo_",
    "_static/scripts/bootstrap.js.LICENSE",
    "objects.inv",
    ".buildinfo",
)


def is_needed(path):
    """Whether a reader's browser can ask for `path`, relative to the site, with forward slashes."""
    if path.startswith(f"{MATHJAX}/"):
        return path.startswith(MATHJAX_NEEDS)
    return not path.endswith((".map", ".ttf", "webpack-macros.html")) and not path.startswith(NEEDLESS)


def publish(built, site):
    """Copy what is needed from Sphinx's output `built` to `site`, which comes to be whole or not at all."""
    unfinished = site.with_name(site.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for source in (file for file in built.rglob("*") if file.is_file()):
        path = source.relative_to(built).as_posix()
        if is_needed(path):
            target = unfinished / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(b"") if path in EMPTIED else shutil.copyfile(source, target)
    unfinished.rename(site)


def build(source, output):
    """Build the book in the folder `source`; return the folder of the site, or None if anything was amiss."""
    work, site = output / "_build" / "sphinx", output / "_build" / "html"
    for old in (site, work / "html"):
        shutil.rmtree(old, ignore_errors=True)
    result = build_sphinx(
        source,
        work / "html",
        path_config=source / "_config.yml",
        noconfig=True,
        confoverrides={
            "external_toc_path": str(source / "_toc.yml"),
            "nitpicky": True,
            "latex_individualpages": False,
        },
        warningiserror=True,
        keep_going=True,
        force_all=True,
    )
    if result != 0:
        shutil.rmtree(work, ignore_errors=True)
        return None
    publish(work / "html", site)
    return site


@contextmanager
def alone(output):
    """Wait until no other build writes below `output`."""
    (output / "_build").mkdir(parents=True, exist_ok=True)
    with open(output / "_build" / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another build is at work in {output}; this one waits for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", type=Path, default=ROOT, help="folder of the book (default: this one)")
    parser.add_argument("--path-output", type=Path, help="where _build goes (default: the folder of the book)")
    options = parser.parse_args()
    source = options.source.resolve()
    for name in ("_config.yml", "_toc.yml"):
        if not (source / name).is_file():
            sys.exit(f"{source} is no book: it has no {name}.")
    if not color_terminal():
        nocolor()
    output = (options.path_output or source).resolve()
    with alone(output):
        started = time.perf_counter()
        site = build(source, output)
        seconds = time.perf_counter() - started
    if site is None:
        sys.exit("\nThe book was not built: mend the warnings and errors above (the first is the best to start with).")
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
    print(f"\nBuilt in {seconds:.0f} s, {size / 1e6:.1f} MB. Open in a browser:\n\n    {site / 'index.html'}\n")


if __name__ == "__main__":
    main()
