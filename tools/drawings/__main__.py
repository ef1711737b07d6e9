"""Writes all drawings."""

from tools.drawings import DRAWINGS, IMAGES

IMAGES.mkdir(parents=True, exist_ok=True)
for name, draw in DRAWINGS.items():
    (IMAGES / f"{name}.svg").write_text(draw(), encoding="utf-8", newline="\n")
    print(IMAGES / f"{name}.svg")
