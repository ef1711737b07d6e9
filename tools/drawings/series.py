"""The schematics of what is cut from a series."""

from tools.svg import GREY, RULE, Drawing


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


def stateful_batches():
    d = Drawing("Two ways to put the pieces of a series into batches", 500, 458)
    d.text(14, 40, "series", anchor="start", size=17)
    for piece in range(1, 5):
        x = 84 + 100 * (piece - 1)
        d.box(x, 16, 100, 36, "input")
        d.text(x + 50, 40, f"piece {piece}", size=17)
    panels = (("in the order of the series", (1, 2, 3, 4)), ("each row goes on", (1, 3, 2, 4)))
    for panel, (heading, order) in enumerate(panels):
        top = 100 + 180 * panel
        d.line([(12, top - 26), (488, top - 26)], RULE, 1.5)
        d.text(14, top, heading, anchor="start", weight="bold")
        for batch in range(2):
            x = 100 + 200 * batch
            d.text(x + 60, top + 30, f"batch {batch + 1}", size=17)
            for row in range(2):
                d.node(x + 60, top + 62 + 52 * row, f"piece {order[2 * batch + row]}", "input", width=120, height=38)
        for row in range(2):
            y = top + 62 + 52 * row
            d.text(14, y + 6, f"row {row + 1}", anchor="start", size=17)
            d.past([(220, y), (300, y)])
            wrong = order[2 + row] != order[row] + 1
            d.text(432, y + 6, "wrong" if wrong else "right", anchor="start", size=17, weight="bold")
    d.text(250, 448, "thick arrows: where each row's state goes", size=17)
    return d.svg()


def forecast_strategies():
    d = Drawing("Direct and recursive forecasts of three steps", 500, 424)
    cell, left = 52, 92
    for panel, (heading, top) in enumerate((("direct", 40), ("recursive", 216))):
        d.text(12, top, heading, anchor="start", weight="bold")
        rows = 1 if panel == 0 else 3
        for row in range(rows):
            y = top + 22 + 58 * row
            for t in range(4):
                step = t + row - 3  # from the origin
                d.box(left + cell * (t + row), y, cell, 34, "output" if step > 0 else "input")
                name = f"ŷ_{{t+{step}}}" if step > 0 else f"x_{{t-{-step}}}" if step else "x_t"
                d.text(left + cell * (t + row + 0.5), y + 23, f"${name}$", size=17)
            start = left + cell * (4 + row)
            for lead in range(1, 4) if panel == 0 else [row + 1]:
                x = left + cell * (3 + lead)
                d.box(x, y, cell, 34, "output", stroke_width=3)
                d.text(x + cell / 2, y + 23, f"$ŷ_{{t+{lead}}}$", size=17)
            if panel == 0:
                for lead in range(1, 4):
                    x = left + cell * (3.5 + lead)
                    d.arrow([(start - 14, y + 34), (start, y + 84), (x, y + 84), (x, y + 37)], GREY)
            elif row < 2:
                x = left + cell * (4 + row) + cell / 2
                d.past([(x, y + 35), (x, y + 57)])
    return d.svg()


def padding_and_mask():
    d = Drawing("An utterance of three frames, padded to five: the state waits, and two ways to read it", 500, 356)
    places = (118, 198, 278, 358, 438)
    for y, name in ((318, "frames"), (262, "mask $m_t$"), (186, "states")):
        d.text(12, y + 6, name, anchor="start", size=17)
    for t, x in enumerate(places, start=1):
        real = t <= 3
        d.node(x, 318, f"$x_{t}$" if real else "0", "input" if real else "plain", dashed=not real)
        d.text(x, 268, "1" if real else "0", weight="bold" if real else "normal")
        d.node(x, 186, f"$h_{min(t, 3)}$", "hidden" if real else "plain", dashed=not real)
        if real:
            d.arrow([(x, 297), (x, 276)], width=1.6)
            d.arrow([(x, 248), (x, 208)], width=1.6)
        if t > 1:
            d.past([(x - 52, 186), (x - 29, 186)], dashed=not real)
    d.text(398, 228, "the state waits", size=17)
    d.node(438, 76, "last state", "output", width=112)
    d.arrow([(438, 165), (438, 98)])
    d.node(198, 76, "mean over time", "output", width=166)
    for x in places[:3]:
        d.arrow([(x, 165), (x + (198 - x) * 0.35, 98)], width=1.6)
    d.text(198, 40, "$(h_1 + h_2 + h_3)/3$", size=17)
    d.text(438, 40, "$h_3$", size=17)
    return d.svg()
