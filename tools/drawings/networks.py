"""The schematics of networks: their layers, their loops, and how they are put together."""

from itertools import pairwise

from tools.svg import GREY, PAST, RULE, Drawing


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


def attention():
    d = Drawing(
        "An encoder-decoder with attention: the state of the decoder looks at all states of the encoder", 520, 372
    )
    sources, targets = [50, 118, 186], [330, 398, 466]
    for t, x in enumerate(sources, start=1):
        d.node(x, 250, f"$s_{t}$", "hidden", width=46)
        d.node(x, 330, f"$x_{t}$", "input", width=46)
        d.arrow([(x, 310), (x, 272)])
        if t > 1:
            d.arrow([(x - 45, 243), (x - 24, 243)])
            d.arrow([(x - 24, 257), (x - 45, 257)])
    for t, x in enumerate(targets, start=1):
        d.node(x, 250, f"$h_{t}$", "hidden", width=46)
        d.node(x, 330, f"$y_{t - 1}$" if t > 1 else "start", "input", width=60)
        d.arrow([(x, 310), (x, 272)])
        d.past([(x - (120 if t == 1 else 45), 250), (x - 25, 250)])
    for x, weight in zip(sources, (1.5, 2.5, 6), strict=True):
        d.line([(x, 229), (118, 146)], GREY, weight)
    d.node(118, 126, "$c_2$", "plain", width=50)
    d.arrow([(144, 126), (371, 126)])
    d.arrow([(392, 229), (208, 200), (170, 180), (130, 149)], GREY, 1.6, dashed=True)
    d.arrow([(398, 229), (398, 148)])
    d.node(398, 126, "$m_2$", "plain", width=50)
    d.arrow([(398, 105), (398, 72)])
    d.node(398, 50, "$ŷ_2$", "output", width=50)
    d.text(118, 98, "of the states", size=17)
    d.text(118, 78, "weighted mean", size=17)
    d.text(262, 116, "context", size=17)
    d.text(262, 196, "query", size=17)
    d.text(118, 20, "encoder", weight="bold")
    d.text(398, 20, "decoder", weight="bold")
    d.text(262, 236, "$h_0$", size=17)
    return d.svg()
