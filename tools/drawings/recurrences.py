"""The schematics of what can, and what cannot, be computed all at once along time."""

import itertools

from tools.svg import GREY, RULE, Drawing

# Of eight steps: which place takes in which, round by round; up the tree, and down again.
UP = [[(2, 1), (4, 3), (6, 5), (8, 7)], [(4, 2), (8, 6)], [(8, 4)]]
DOWN = [[(6, 4)], [(3, 2), (5, 4), (7, 6)]]


def scan_tree():
    d = Drawing("A work-efficient scan of eight steps: three rounds up the tree, two down", 520, 480)
    left, gap, top, level = 92, 54, 34, 72
    firsts = {t: t for t in range(1, 9)}  # the first of the steps that stand at each place
    places = {t: left + gap * (t - 1) for t in firsts}
    drawn = dict.fromkeys(firsts, top)

    def node(t, y):
        kind = "hidden" if firsts[t] == 1 else "input"
        d.node(places[t], y, f"{t}" if firsts[t] == t else f"{firsts[t]}–{t}", kind, width=46, height=34)

    for t in firsts:
        node(t, top)
    for number, joins in enumerate(UP + DOWN, start=1):
        y = top + level * number
        d.text(10, y - 4, "up" if number <= len(UP) else "down", anchor="start", size=16, weight="bold")
        d.text(10, y + 15, f"round {number}", anchor="start", size=15)
        if number == len(UP) + 1:
            d.line([(10, y - level / 2), (510, y - level / 2)], RULE, 1.5)
        came = {t: (places[t], drawn[t] + 17) for t in firsts}
        for into, other in joins:
            firsts[into], drawn[into] = firsts[other], y
        for into, other in joins:
            d.line([came[into], (places[into], y - 17)], GREY, 1.6)
            x, begin = came[other]
            d.arrow([(x + 4, begin), (places[into] - 12, y - 18)], width=1.6)
        for into, _ in joins:
            node(into, y)
    d.text(260, 440, "1–$t$: all steps from the first to $t$, joined.", size=17)
    d.text(260, 464, "Apply it to $h_0$, and there is $h_t$.", size=17)
    return d.svg()


def time_loop():
    d = Drawing("A training step of a recurrent layer: what waits along time and what does not", 520, 396)
    places = [132 + 82 * t for t in range(5)]
    rows = (
        ("inputs", 46, "input", "$x_{}W$", "all at once"),
        ("states", 130, "hidden", "$h_{}$", "a chain, with $U$"),
        ("way back", 214, "loss", "$d h_{}$", "a chain, with $U^T$"),
        ("weights", 298, "output", "$d U_{}$", "all at once, then added up"),
    )
    for name, y, kind, label, remark in rows:
        d.text(10, y - 4, name, anchor="start", size=16, weight="bold")
        for t, x in enumerate(places, start=1):
            d.node(x, y, label.format(t), kind, width=56, height=36)
        d.text(places[2], y + 38, remark, size=16)
    for left, right in itertools.pairwise(places):
        d.past([(left + 28, 130), (right - 29, 130)])
        d.past([(right - 28, 214), (left + 29, 214)])
    d.text(296, 382, "thick arrows: what has to wait", size=17)
    return d.svg()
