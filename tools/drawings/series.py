"""The schematic of what is cut from a series."""

from tools.svg import GREY, Drawing


def windows():
    d = Drawing("Windows cut from a series, and the target of each", 500, 380)
    values = [30, 46, 38, 60, 74, 58, 66, 84, 70, 52, 62, 44]
    cell, left, width, horizon = 34, 84, 4, 2
    centres = [(left + cell * (t + 0.5), round(126 - 1.25 * value, 1)) for t, value in enumerate(values)]
    d.line([(x, y) for x, y in centres], GREY, 2)
    for x, y in centres:
        d.circle(x, y, "plain", radius=4.5)
    d.text(12, 76, "series", anchor="start", size=17)
    for t, (x, _) in enumerate(centres, start=1):
        d.text(x, 152, str(t), size=15)
    d.text(12, 152, "time", anchor="start", size=17)
    for row in range(4):
        y = 168 + 38 * row
        d.text(12, y + 22, f"row {row + 1}", anchor="start", size=17)
        for t in range(width):
            d.box(left + cell * (row + t), y, cell, 30, "input")
            d.text(left + cell * (row + t + 0.5), y + 21, f"$x_{t + 1}$", size=16)
        target = left + cell * (row + width + horizon - 1)
        d.box(target, y, cell, 30, "output", stroke_width=3)
        d.text(target + cell / 2, y + 21, "$y$", size=17)
        d.line([(left + cell * (row + width), y + 15), (target, y + 15)], GREY, 1.5, dashed=True)
    d.text(250, 346, "each row: a window of $T$ = 4 values,", size=17)
    d.text(250, 366, "and its target $y$, 2 steps after the last", size=17)
    return d.svg()
