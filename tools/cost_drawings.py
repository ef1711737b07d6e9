"""Schematics of what training keeps and computes again, for `tools/drawings.py`."""

from tools.svg import GREY, RULE, Drawing


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
