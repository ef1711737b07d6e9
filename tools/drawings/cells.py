"""The schematics of one step: shapes, and gates."""

from tools.svg import GREY, Drawing


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


def gate(d, x, width, name, function, kind="plain"):
    """A box: a name, and what squashes the sum of products that goes in; an arrow to it from the line below."""
    d.box(x - width / 2, 222, width, 52, kind, radius=9)
    d.text(x, 242, name, size=16)
    d.text(x, 264, function, size=17)
    d.arrow([(x, 322), (x, 274)], GREY)


def operation(d, x, y, sign):
    """A small circle for an operation entry by entry."""
    d.circle(x, y, "plain", radius=14)
    d.text(x, y + 6, sign, size=19)


def feed(d, right, note):
    """The old state and the input, below the gates, on a line that ends at `right`; beside it a note of three lines."""
    d.node(32, 322, "$h_{t-1}$", "hidden", width=54)
    d.line([(59, 322), (right, 322)], GREY)
    d.node(212, 388, "$x_t$", "input")
    d.line([(212, 368), (212, 322)], GREY)
    for row, line in enumerate(note):
        d.text(364, 318 + 22 * row, line, size=16, anchor="start")


def lstm_cell():
    d = Drawing("A long short-term memory cell: the carousel above, three gates and a candidate below", 520, 420)
    d.text(262, 24, "the carousel: no matrix, no squashing", size=16)
    d.past([(60, 62), (82, 62)])
    d.past([(110, 62), (198, 62)])
    d.past([(226, 62), (456, 62)])
    for x, y, sign in ((96, 62, "×"), (212, 62, "+"), (212, 150, "×"), (412, 180, "×")):
        operation(d, x, y, sign)
    d.node(32, 62, "$c_{t-1}$", "output", width=54)
    d.node(486, 62, "$c_t$", "output")
    d.arrow([(96, 222), (96, 76)])
    d.arrow([(168, 222), (168, 150), (198, 150)])
    d.arrow([(256, 222), (256, 150), (226, 150)])
    d.arrow([(212, 136), (212, 76)])
    d.arrow([(346, 222), (346, 180), (398, 180)])
    d.arrow([(412, 62), (412, 100)])
    d.box(382, 100, 60, 34, "plain", radius=9)
    d.text(412, 123, "tanh", size=17)
    d.arrow([(412, 134), (412, 166)])
    d.arrow([(426, 180), (456, 180)])
    d.node(486, 180, "$h_t$", "hidden")
    for x, y, name in ((110, 180, "$f_t$"), (146, 190, "$i_t$"), (278, 190, "$g_t$"), (324, 196, "$o_t$")):
        d.text(x, y, name, size=18)
    widths = {
        "forget": (96, 66, "σ"),
        "input": (168, 58, "σ"),
        "candidate": (256, 96, "tanh"),
        "output": (346, 66, "σ"),
    }
    for name, (x, width, function) in widths.items():
        gate(d, x, width, name, function)
    feed(d, 346, ("each box has", "its own", "$W$, $U$ and $b$"))
    return d.svg()


def gru_cell():
    d = Drawing("A gated recurrent unit: one state, an update gate and a reset gate", 520, 420)
    d.text(262, 24, "a weighted mean of the old state and the candidate", size=16)
    d.past([(60, 62), (112, 62)])
    d.past([(140, 62), (336, 62)])
    d.past([(364, 62), (456, 62)])
    for x, y, sign in ((126, 62, "×"), (350, 62, "+"), (350, 142, "×")):
        operation(d, x, y, sign)
    d.node(32, 62, "$h_{t-1}$", "hidden", width=54)
    d.node(486, 62, "$h_t$", "hidden")
    d.arrow([(126, 222), (126, 76)])
    d.arrow([(126, 142), (336, 142)])
    d.text(232, 132, "1 − $z_t$", size=18)
    d.text(108, 186, "$z_t$", size=18)
    d.arrow([(350, 222), (350, 156)])
    d.text(370, 194, "$g_t$", size=18)
    d.arrow([(350, 128), (350, 76)])
    d.text(270, 236, "$r_t$", size=18)
    d.arrow([(242, 248), (302, 248)])
    for name, (x, width, function) in {
        "update": (126, 66, "σ"),
        "reset": (212, 60, "σ"),
        "candidate": (350, 96, "tanh"),
    }.items():
        gate(d, x, width, name, function)
    feed(d, 350, ("$r_t$ scales", "what it sees", "of $h_{t-1}$"))
    return d.svg()
