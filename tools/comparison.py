"""When is a newly computed output the stored one? Text and integers exactly, floats within a tolerance.

A float is a number written with a decimal point or an exponent that stands on its own: not part of a name (`h1.5`,
`float32`), of a version (`2.21.0`) or of a date. Everything between the floats is text and must be the same, integers,
`nan` and `inf` included; only where a float came out wider or narrower may the spaces around the columns differ.
"""

import base64
import io
import re
from typing import NamedTuple

import numpy as np
from PIL import Image

LARGEST = 0.1  # no cell may ask for more

FLOAT = re.compile(
    r"""
    (?<![\w.])[+-]?                                   # on its own; "0.1-0.2" is a range, not a negative number
    (?:\d{1,3}(?:,\d{3})+|\d+)
    (?: \.\d+(?:[eE][+-]?\d+)? | \.?[eE][+-]\d+       # 0.5  1.5e-07  1e-05  1.e-05
      | \.(?=,|\s*\]|\s+[-+]?(?:\d+\.|nan|inf|\.\.\.)) )  # 1. as NumPy prints it in an array, not at a sentence's end
    (?: (?!\w|\.\d) | (?=[jx](?!\w)) )                # the imaginary part of a complex number; a ratio, 2.5x
    """,
    re.VERBOSE,
)


class Tolerance(NamedTuple):
    """|computed - stored| may be at most `absolute` + `relative` * |stored|."""

    relative: float = 1e-6
    absolute: float = 1e-6


DEFAULT = Tolerance()


def tolerance(tags: list[str]) -> Tolerance:
    """The tolerance that a cell's tags ask for: `rtol=0.05`, `atol=0.01`. ValueError for an impossible one."""
    found = DEFAULT
    for tag in tags:
        name, equals, value = tag.partition("=")
        if not equals or name not in ("rtol", "atol"):
            continue
        try:
            number = float(value)
        except ValueError:
            raise ValueError(f"tag {tag!r}: wanted a number after the equals sign, as in rtol=0.05") from None
        if not 0 <= number <= LARGEST:
            raise ValueError(f"tag {tag!r}: wanted a tolerance from 0 to {LARGEST}")
        found = found._replace(**{{"rtol": "relative", "atol": "absolute"}[name]: number})
    return found


def difference(stored: str, computed: str, allowed: Tolerance = DEFAULT) -> str | None:
    """The first difference that is not allowed, in words, or None if `computed` is as good as `stored`."""
    if stored == computed:
        return None
    old_numbers, new_numbers = FLOAT.findall(stored), FLOAT.findall(computed)
    old_texts, new_texts = FLOAT.split(stored), FLOAT.split(computed)
    if [len(number) for number in old_numbers] != [len(number) for number in new_numbers]:
        old_texts, new_texts = _without_padding(old_texts), _without_padding(new_texts)
    if old_texts != new_texts:
        return _first_changed_line(stored, computed)
    for old, new in zip(old_numbers, new_numbers, strict=True):
        a, b = (float(number.replace(",", "")) for number in (old, new))
        if old != new and not abs(b - a) <= allowed.absolute + allowed.relative * abs(a):
            return f"stored {old}, computed {new} (allowed: rtol={allowed.relative:g}, atol={allowed.absolute:g})"
    return None


def _without_padding(texts: list[str]) -> list[str]:
    """Runs of spaces become one space, and none is left beside a float: tables pad to the width of their numbers."""
    last = len(texts) - 1
    result = []
    for place, text in enumerate(texts):
        text = re.sub(" +", " ", text)
        text = text if place == 0 else text.removeprefix(" ")
        result.append(text if place == last else text.removesuffix(" "))
    return result


def _first_changed_line(stored: str, computed: str) -> str:
    old_lines, new_lines = stored.splitlines(), computed.splitlines()
    for old, new in zip(old_lines, new_lines, strict=False):
        if old != new:
            return f"stored line {old!r}, computed {new!r}"
    return f"stored {len(old_lines)} lines, computed {len(new_lines)}"


class Output(str):
    """A stored text that equals a computed one within `allowed`. The stored one stands on the left of == and !=."""

    def __new__(cls, text, allowed=DEFAULT):
        output = super().__new__(cls, text)
        output.allowed = allowed
        return output

    def __eq__(self, computed):
        if not isinstance(computed, str):
            return NotImplemented
        return difference(str(self), str(computed), self.allowed) is None

    def __ne__(self, computed):
        return NotImplemented if not isinstance(computed, str) else not self == computed

    __hash__ = str.__hash__


def output_difference(stored: list, computed: list, allowed: Tolerance = DEFAULT) -> str | None:
    """The first difference between the outputs of a cell, pictures included, or None."""
    old_parts, new_parts = _parts(stored), _parts(computed)
    if [kind for kind, _ in old_parts] != [kind for kind, _ in new_parts]:
        return f"stored outputs {[kind for kind, _ in old_parts]}, computed {[kind for kind, _ in new_parts]}"
    for (kind, old), (_, new) in zip(old_parts, new_parts, strict=True):
        if old == new:
            continue
        if kind.endswith("image/png"):
            found = None if same_picture(old, new) else "the picture changed"
        elif isinstance(old, str) and isinstance(new, str):
            found = difference(old, new, allowed)
        else:
            found = f"stored {old!r:.80}, computed {new!r:.80}"
        if found:
            return f"{kind}: {found}"
    return None


def _parts(outputs: list) -> list[tuple[str, object]]:
    parts = []
    for output in outputs:
        if output.output_type == "stream":
            parts.append((output.name, output.text))
        elif output.output_type == "error":
            parts.append((output.ename, output.evalue))
        else:
            name = output.metadata.get("scrapbook", {}).get("name", "")
            parts += [(f"{name} {kind}".strip(), data) for kind, data in sorted(output.data.items())]
    return parts


def same_picture(stored: str, computed: str) -> bool:
    """Do two PNGs (base64) look the same: equal size, and no colour of any pixel apart by more than 8 of 255?

    Another CPU rounds the last digit of a coordinate otherwise and shades an edge differently by one or two levels. A
    moved line, another colour or another digit on an axis is far above that.
    """
    old, new = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"), dtype=int)
        for data in (stored, computed)
    )
    return old.shape == new.shape and bool((np.abs(old - new) <= 8).all())
