"""The schematic of the page on attention; `tools.drawings` writes it with the others."""

from tools.svg import GREY, Drawing


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
