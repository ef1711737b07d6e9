"""Draw the book's schematics: `python tools/drawings.py` writes chapters/images/*.svg.

Each function returns the text of one file, byte for byte the same each time (tests/test_drawings.py).

One look: blue for what goes in, green for the hidden state, orange for what comes out, a thick vermilion arrow for the
path that carries the past (colours of Okabe and Ito, told apart with any colour vision; nothing is said by colour
alone). At most 520 units wide with text of 15 units or more, so that a phone still shows it readable.
"""

import sys
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import attention_drawing, cost_drawings, gate_drawings, gradient_drawings
from tools.environment import ROOT
from tools.svg import GREY, KINDS, PAST, RULE, Drawing

IMAGES = ROOT / "chapters" / "images"


def network_layers():
    d = Drawing("Input, hidden and output layer, unit by unit, with the recurrent connections", 480, 368)
    inputs, past = [(70, 270), (130, 270)], [(266, 270), (326, 270), (386, 270)]
    hidden, output = [(168, 150), (228, 150), (288, 150)], (228, 42)
    for target in hidden:
        for source in inputs:
            d.line([source, target], GREY, 1.6)
        for source in past:
            d.line([source, target], PAST, 2.4)
        d.line([target, output], GREY, 1.6)
    for places, kind in ((past, "hidden"), (inputs, "input"), (hidden, "hidden"), ([output], "output")):
        for x, y in places:
            d.circle(x, y, kind, radius=17, dashed=places is past)
    d.text(256, 38, "output layer", anchor="start", size=17)
    d.text(256, 60, "$ŷ_t$, $K$ numbers", anchor="start", size=17)
    d.text(318, 140, "hidden layer", anchor="start", size=17)
    d.text(318, 162, "$h_t$, $H$ numbers", anchor="start", size=17)
    d.text(100, 316, "input layer", size=17)
    d.text(100, 338, "$x_t$, $D$ numbers", size=17)
    d.text(326, 316, "the hidden layer", size=17)
    d.text(326, 338, "one step earlier, $h_{t-1}$", size=17)
    for x, y, name in ((88, 205, "$W$"), (356, 208, "$U$"), (170, 100, "$V$")):
        d.text(x, y, name, weight="bold")
    return d.svg()


def column(d, x, layers):
    """One time step at `x`: boxes (name, y, kind) from the input up, an arrow from each to the next; none for None."""
    for (name, y, kind), below in zip(layers, [None, *layers], strict=False):
        if name is not None:
            d.node(x, y, name, kind)
            if below is not None and below[0] is not None:
                d.arrow([(x, below[1] - 20), (x, y + 20)])


def step(x_name, h_name, y_name, top):
    """The three (name, y, kind) of a column whose output box is centred at height `top`."""
    return [(x_name, top + 168, "input"), (h_name, top + 84, "hidden"), (y_name, top, "output")]


def recurrent_cell():
    d = Drawing("A recurrent network folded, with its loop, and unrolled over three time steps", 520, 300)
    d.text(66, 28, "folded", weight="bold")
    d.text(340, 28, "unrolled, $T$ = 3", weight="bold")
    column(d, 54, step("$x_t$", "$h_t$", "$ŷ_t$", 70))
    d.past([(82, 146), (136, 122), (136, 186), (84, 162)])
    d.text(140, 159, "$U$", weight="bold")
    d.line([(166, 44), (166, 262)], RULE, 1.5)
    d.node(196, 154, "$h_0$", "plain", width=40, dashed=True)
    steps = (282, 378, 474)
    for t, x in enumerate(steps, start=1):
        column(d, x, step(f"$x_{t}$", f"$h_{t}$", f"$ŷ_{t}$", 70))
        d.past([(216 if t == 1 else x - 68, 154), (x - 29, 154)])
        d.text(232 if t == 1 else x - 52, 143, "$U$", size=17, weight="bold")
    for x in (54, *steps):
        d.text(x + 10, 118, "$V$", size=17, weight="bold", anchor="start")
        d.text(x + 10, 202, "$W$", size=17, weight="bold", anchor="start")
    d.text(260, 288, "the same $W$, $U$ and $V$ at every step", size=17)
    return d.svg()


def sequence_shapes():
    d = Drawing("Many-to-one, many-to-many and one-to-many networks", 500, 574)
    panels = [
        ("many to one", ["one answer for", "the whole", "sequence"], (1, 2, 3, 4), (4,)),
        ("many to many", ["an answer at", "every step"], (1, 2, 3, 4), (1, 2, 3, 4)),
        ("one to many", ["a sequence", "from one", "input"], (1,), (1, 2, 3, 4)),
    ]
    for row, (name, lines, inputs, outputs) in enumerate(panels):
        top = 30 + 194 * row
        if row:
            d.line([(12, top - 27), (488, top - 27)], RULE, 1.5)
        d.text(14, top + 40, name, weight="bold", anchor="start")
        for index, line in enumerate(lines):
            d.text(14, top + 66 + 22 * index, line, anchor="start", size=17)
        for t in (1, 2, 3, 4):
            x = 214 + 80 * (t - 1)
            names = (f"$x_{t}$" if t in inputs else None, f"$h_{t}$", f"$ŷ_{t}$" if t in outputs else None)
            heights = zip(names, (top + 128, top + 64, top), ("input", "hidden", "output"), strict=True)
            column(d, x, list(heights))
            if t > 1:
                d.past([(x - 52, top + 64), (x - 29, top + 64)])
    return d.svg()


def article_loops():
    d = Drawing("Where the loop runs: the source article's two descriptions and its equation", 500, 366)
    panels = [
        (["part 2,", "in words"], ["output to", "input: Jordan"]),
        (["part 3,", "in words"], ["output to", "hidden: Jordan"]),
        (["part 3, the", "equation"], ["hidden to", "hidden: Elman"]),
    ]
    for index, (heading, verdict) in enumerate(panels):
        x, top = 66 + 168 * index, 92
        for row in (0, 1):
            d.text(x + 17, 28 + 22 * row, heading[row], weight="bold", size=17)
            d.text(x + 17, 324 + 22 * row, verdict[row], size=17)
        if index:
            d.line([(x - 68, 14), (x - 68, 352)], RULE, 1.5)
        column(d, x, step("$x_t$", "$h_t$", "$ŷ_t$", top))
        right = x + 28
        loops = [
            [(right, top), (right + 70, top + 10), (right + 70, top + 158), (right + 2, top + 168)],
            [(right, top), (right + 58, top + 6), (right + 58, top + 78), (right + 2, top + 84)],
            [(right, top + 76), (right + 54, top + 52), (right + 54, top + 116), (right + 2, top + 92)],
        ]
        d.past(loops[index])
    return d.svg()


def elman_jordan():
    d = Drawing("An Elman network and a Jordan network, unrolled over three time steps", 500, 556)
    panels = [("Elman: the hidden state is carried", 84, "$h_0$"), ("Jordan: the output is carried", 0, "$ŷ_0$")]
    for row, (heading, level, start) in enumerate(panels):
        top = 74 + 278 * row
        if row:
            d.line([(12, top - 64), (488, top - 64)], RULE, 1.5)
        d.text(14, top - 36, heading, weight="bold", anchor="start")
        d.node(50, top + level, start, "plain", dashed=True)
        for t in (1, 2, 3):
            x = 50 + 132 * t
            column(d, x, step(f"$x_{t}$", f"$h_{t}$", f"$ŷ_{t}$", top))
            d.past([(x - 104, top + level + (14 if level == 0 else 0)), (x - 29, top + 84 - (14 if level == 0 else 0))])
    return d.svg()


def bptt():
    d = Drawing("The two kinds of paths from a hidden state to the loss", 500, 516)
    blue, heights = (
        KINDS["input"][0],
        (("x", 344, "input"), ("h", 262, "hidden"), ("ŷ", 180, "output"), ("ℓ", 108, "loss")),
    )
    styles = {"t-1": (GREY, 2, False), "t": (blue, 3.5, True), "t+1": (PAST, 3.5, False)}
    for (t, style), x in zip(styles.items(), (82, 244, 406), strict=True):
        for name, y, kind in heights:
            d.node(x, y, f"${name}_{{{t}}}$", kind, width=66, height=38)
        d.arrow([(x, 325), (x, 281)], GREY)
        d.arrow([(x, 243), (x, 200)], *style)
        d.arrow([(x, 161), (x, 128)], *style)
        d.arrow([(x, 89), (244 + (x - 244) * 0.17, 56)], *style)
    d.node(244, 36, "$L$", "loss", width=66, height=38)
    d.arrow([(8, 262), (48, 262)], GREY)
    d.arrow([(115, 262), (210, 262)], GREY)
    d.past([(277, 262), (372, 262)])
    d.past([(439, 262), (492, 262)])
    d.text(256, 228, "direct", anchor="start", size=17)
    d.text(325, 288, "through", size=17)
    d.text(325, 308, "the future", size=17)
    d.fraction(40, 424, "$d L$", "$d h_t$", 46)
    d.text(112, 430, "=", size=20)
    d.fraction(148, 424, "$∂^{+}L$", "$∂h_t$", 58)
    d.text(240, 430, "+", size=20)
    d.fraction(282, 424, "$d L$", "$d h_{t+1}$", 64)
    d.fraction(366, 424, "$∂^{+}h_{t+1}$", "$∂h_t$", 84)
    # Under each term the line style of its path.
    d.line([(142, 466), (212, 466)], blue, 3.5, dashed=True)
    d.line([(276, 466), (456, 466)], PAST, 3.5)
    d.text(63, 492, "total", size=17)
    d.text(177, 492, "immediate", size=17)
    d.text(366, 492, "total, one step later", size=17)
    return d.svg()


def forward_shapes():
    d = Drawing("Shapes of the forward step: x W + h U + b = z as blocks of numbers", 520, 176)
    batch, features, units, cell = 2, 2, 3, 21
    blocks = [
        ("$x_t$", "$B$×$D$", batch, features, "input"),
        ("$W$", "$D$×$H$", features, units, "plain"),
        "+",
        ("$h_{t-1}$", "$B$×$H$", batch, units, "hidden"),
        ("$U$", "$H$×$H$", units, units, "plain"),
        "+",
        ("$b$", "$H$", 1, units, "plain"),
        "=",
        ("$z_t$", "$B$×$H$", batch, units, "hidden"),
    ]
    x, middle = 14, 90
    for block in blocks:
        if isinstance(block, str):
            d.text(x + 9, middle + 7, block, size=20)
            x += 24
            continue
        name, shape, rows, columns, kind = block
        top = middle - rows * cell / 2
        for row in range(rows):
            for col in range(columns):
                d.box(x + col * cell, top + row * cell, cell, cell, kind, stroke_width=1.5)
        d.text(x + columns * cell / 2, 40, name, size=20)
        d.text(x + columns * cell / 2, 150, shape, size=16)
        x += columns * cell + 10
    return d.svg()


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


def truncation():
    d = Drawing("Truncated back-propagation through time: windows of three steps", 520, 268)
    gap, level = 54, 128
    places = [44 + gap * t for t in range(9)]
    for window in range(3):
        left = places[3 * window] - 25
        d.box(left, 62, 3 * gap - 4, 132, "plain", radius=9)
        d.text(left + 1.5 * gap - 2, 50, f"window {window + 1}", weight="bold", size=17)
    for t, x in enumerate(places, start=1):
        d.node(x, level, f"$h_{t}$", "hidden", width=34, height=34)
        if t > 1:
            d.past([(x - gap + 17, level), (x - 18, level)])
        if t % 3:
            d.arrow([(x + gap - 8, level + 30), (x + 8, level + 30)], KINDS["input"][0], 3, dashed=True)
    d.past([(2, level), (26, level)])
    d.past([(places[-1] + 17, level), (516, level)])
    d.text(260, 24, "the state is carried on from window to window,", size=17)
    d.text(260, 222, "the gradient goes back (dashed)", size=17)
    d.text(260, 244, "as far as the edge of its window, and stops", size=17)
    return d.svg()


def deep_bidirectional():
    d = Drawing("A stack of two recurrent layers, and a bidirectional layer, over three steps", 520, 330)
    d.text(122, 28, "a stack of two", weight="bold")
    d.text(396, 28, "both directions", weight="bold")
    d.line([(260, 14), (260, 318)], RULE, 1.5)
    levels = {"ŷ": 66, "above": 138, "below": 210, "x": 282}
    names = {
        "stack": ("$h^{(2)}_%d$", "$h^{(1)}_%d$", (50, 122, 194)),
        "both": ("←$h_%d$", "→$h_%d$", (324, 396, 468)),
    }
    for kind, (above, below, places) in names.items():
        for t, x in enumerate(places, start=1):
            d.node(x, levels["ŷ"], f"$ŷ_{t}$", "output", width=50, height=36)
            d.node(x, levels["above"], above % t, "hidden", width=50, height=36)
            d.node(x, levels["below"], below % t, "hidden", width=50, height=36)
            d.node(x, levels["x"], f"$x_{t}$", "input", width=50, height=36)
            if kind == "stack":
                for start, end in (("x", "below"), ("below", "above"), ("above", "ŷ")):
                    d.arrow([(x, levels[start] - 18), (x, levels[end] + 19)])
            else:  # the input passes by the lower state to the upper one, the lower state by the upper to the output
                d.arrow([(x, levels["x"] - 18), (x, levels["below"] + 19)])
                d.arrow([(x, levels["above"] - 18), (x, levels["ŷ"] + 19)])
                right, left = x + 33, x - 33
                d.arrow([(x + 18, levels["x"] - 18), (right, 250), (right, 170), (x + 16, levels["above"] + 19)], GREY)
                d.arrow([(x - 18, levels["below"] - 18), (left, 178), (left, 98), (x - 16, levels["ŷ"] + 19)], GREY)
        for left, right in pairwise(places):
            d.past([(left + 25, levels["below"]), (right - 26, levels["below"])])
            ends = [(left + 25, levels["above"]), (right - 26, levels["above"])]
            d.past(ends if kind == "stack" else [(right - 25, levels["above"]), (left + 26, levels["above"])])
    return d.svg()


DRAWINGS = {
    "network-layers": network_layers,
    "recurrent-cell": recurrent_cell,
    "sequence-shapes": sequence_shapes,
    "article-loops": article_loops,
    "elman-jordan": elman_jordan,
    "bptt": bptt,
    "forward-shapes": forward_shapes,
    "windows": windows,
    "truncation": truncation,
    "checkpoints": cost_drawings.checkpoints,
    "deep-bidirectional": deep_bidirectional,
    "lstm-cell": gate_drawings.lstm_cell,
    "gru-cell": gate_drawings.gru_cell,
    "gradient-chains": gradient_drawings.gradient_chains,
    "attention": attention_drawing.attention,
}


def main():
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, draw in DRAWINGS.items():
        (IMAGES / f"{name}.svg").write_text(draw(), encoding="utf-8", newline="\n")
        print(IMAGES / f"{name}.svg")


if __name__ == "__main__":
    main()
