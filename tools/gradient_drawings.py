"""The drawing of gradients on their way back, for `drawings.py`."""

from tools.svg import PAST, RULE, Drawing


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
