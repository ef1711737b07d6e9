"""The schematics of gradients on their way back, and of what is kept for them."""

from tools.svg import GREY, KINDS, PAST, RULE, Drawing


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


def gradient_chains():
    d = Drawing("The gradient on its way back through four steps, shrinking, kept and growing", 500, 376)
    rows = [
        ("each step back shortens: vanishing", (7, 4.4, 2.7, 1.7)),
        ("each step back keeps the length", (4, 4, 4, 4)),
        ("each step back lengthens: exploding", (1.4, 2.4, 4.2, 7.4)),
    ]
    for row, (heading, widths) in enumerate(rows):
        y = 74 + 124 * row
        if row:
            d.line([(12, y - 62), (488, y - 62)], RULE, 1.5)
        d.text(14, y - 34, heading, weight="bold", anchor="start")
        for lag, x in enumerate((450, 346, 242, 138, 34)):
            name = "$h_T$" if lag == 0 else f"$h_{{T-{lag}}}$"
            d.node(x, y, name, "hidden", width=58, height=38)
            if lag:
                width = widths[lag - 1]
                d.arrow([(x + 75, y), (x + 31, y)], PAST, width)
                d.text(x + 52, y + 36, f"$J_{{T-{lag - 1}}}$" if lag > 1 else "$J_T$", size=17)
    return d.svg()


def checkpoints():
    d = Drawing("Every state kept; every third kept; the others computed again, a chunk at a time", 520, 368)
    xs = [30 + 51 * i for i in range(10)]
    panels = [
        ("without checkpoints: every state is kept", range(10), range(10)),
        ("forward: every third is kept", (0, 3, 6, 9), (0, 3, 6, 9)),
        ("back: one chunk at a time is computed again", (0, 3, 6, 7, 8, 9), (0, 3, 6)),
    ]
    for row, (heading, there, checkpointed) in enumerate(panels):
        top = 72 + 116 * row
        if row:
            d.line([(12, top - 62), (508, top - 62)], RULE, 1.5)
        d.text(12, top - 36, heading, weight="bold", anchor="start", size=17)
        for t, x in enumerate(xs):
            kind = "plain" if t not in there else "hidden" if t in checkpointed else "output"
            d.node(x, top, f"$h_{t}$", kind, width=38, height=36, dashed=t not in there)
            if t:
                d.arrow([(xs[t - 1] + 19, top), (x - 20, top)], GREY, 1.4)
    d.past([(xs[9], top + 22), (xs[9] - 40, top + 50), (xs[6] + 40, top + 50), (xs[6] + 4, top + 22)])
    return d.svg()
