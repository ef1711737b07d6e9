"""The schematics of several machines at work."""

from tools.svg import GREY, RULE, Drawing


def scaling_out():
    d = Drawing("One model on three workers, and three experiments on three workers", 520, 470)
    xs = (92, 260, 428)
    d.text(12, 28, "one model: every step ends with an all-reduce", weight="bold", anchor="start", size=18)
    for number, x in enumerate(xs, start=1):
        d.node(x, 70, f"part {number}", "input", width=112)
        d.arrow([(x, 90), (x, 112)], GREY)
        d.node(x, 132, "model", "hidden", width=112)
        d.arrow([(x, 152), (x, 174)], GREY)
        d.node(x, 194, f"$∇_{number}$", "loss", width=112)
    for left, right in ((92, 260), (260, 428)):
        d.past([(left + 86, 194), (right - 58, 194)])
        d.past([(left + 82, 194), (left + 58, 194)])
    d.text(260, 242, "one sum for all, so the same new weights for all", size=16)
    d.line([(12, 262), (508, 262)], RULE, 1.5)
    d.text(12, 294, "many experiments: nothing to exchange", weight="bold", anchor="start", size=18)
    for number, x in enumerate(xs, start=1):
        d.node(x, 336, f"setting {number}", "input", width=112)
        d.arrow([(x, 356), (x, 378)], GREY)
        d.node(x, 398, f"model {number}", "hidden", width=112)
        d.arrow([(x, 418), (x, 440)], GREY)
        d.text(x, 460, "one row", size=17)
    return d.svg()


def ring_all_reduce():
    d = Drawing("A ring all-reduce of three workers: add up in two rounds, hand round in two", 520, 456)
    left, gap, width = 92, 168, 118
    panels = [
        ("before: three gradients, each in three pieces", [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]]),
        ("after adding up: each has one piece of the sum", [["", "+", ""], ["", "", "+"], ["+", "", ""]]),
        ("after handing round: each has all of them", [["+", "+", "+"]] * 3),
    ]
    between = ("2 rounds: send a piece on, add", "2 rounds: send a whole piece on, keep")
    for row, (heading, pieces) in enumerate(panels):
        top = 58 + 168 * row
        d.text(12, top - 26, heading, weight="bold", anchor="start", size=17)
        for worker in range(3):
            x = left + gap * worker
            for place, mark in enumerate(pieces[worker]):
                kind = "output" if mark == "+" else "input" if mark else "plain"
                d.box(x - width / 2 + place * width / 3, top, width / 3 - 3, 40, kind, radius=5, dashed=not mark)
                if mark:
                    d.text(
                        x - width / 2 + (place + 0.5) * width / 3 - 1.5, top + 26, "Σ" if mark == "+" else f"${mark}$"
                    )
        if row < 2:
            for worker in range(2):
                x = left + gap * worker
                d.past([(x + width / 2, top + 20), (x + gap - width / 2 - 4, top + 20)])
            last = left + 2 * gap
            d.past([(last, top + 44), (last - 60, top + 82), (left + 60, top + 82), (left, top + 45)])
            d.text(260, top + 106, between[row], size=17)
    return d.svg()
