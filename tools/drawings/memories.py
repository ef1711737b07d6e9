"""The schematics of memories that are matrices."""

from tools.svg import KINDS, RULE, Drawing

SIDE = 26  # of one cell


def _cells(d, x, y, rows, columns, kind, strong=()):
    """A grid of cells with its upper left corner at (x, y); the `strong` ones, (row, column), are filled."""
    stroke, fill = KINDS[kind]
    for row in range(rows):
        for column in range(columns):
            filled = stroke if (row, column) in strong else fill
            d.parts.append(
                f'<rect x="{x + SIDE * column}" y="{y + SIDE * row}" width="{SIDE}" height="{SIDE}" fill="{filled}" '
                f'stroke="{stroke}" stroke-width="1.5"/>'
            )


def matrix_memory():
    d = Drawing("A matrix as a memory: pairs are added as outer products, a query reads a row", 500, 424)
    top = 72
    d.text(14, 28, "write: add one outer product for each pair", weight="bold", anchor="start", size=18)
    pairs = ((52, "1", ((1, 0), (1, 2))), (306, "2", ((3, 1), (3, 3), (3, 4))))
    for x, index, strong in pairs:
        row = strong[0][0]
        _cells(d, x, top + 34, 4, 1, "input", ((row, 0),))
        _cells(d, x + 44, top, 1, 5, "output", tuple((0, column) for _, column in strong))
        _cells(d, x + 44, top + 34, 4, 5, "hidden", strong)
        d.text(x - 18, top + 92, f"$k_{index}^⊤$", size=19)
        d.text(x + 109, top - 10, f"$v_{index}$", size=19)
    d.text(252, top + 94, "+", size=26)
    d.line([(14, 236), (486, 236)], RULE, 1.5)
    d.text(14, 266, "read: multiply by a query", weight="bold", anchor="start", size=18)
    bottom = 284
    _cells(d, 14, bottom + 39, 1, 4, "input", ((0, 1),))
    d.text(66, bottom + 92, "$q = k_1$", size=19)
    _cells(d, 158, bottom, 4, 5, "hidden", pairs[0][2] + pairs[1][2])
    d.text(142, bottom + 59, "·", size=26)
    d.text(311, bottom + 59, "=", size=24)
    _cells(d, 336, bottom + 39, 1, 5, "output", ((0, 0), (0, 2)))
    d.text(401, bottom + 92, "$v_1$", size=19)
    d.text(223, bottom + 122, "$S$", size=19)
    return d.svg()
