"""Tables as text, for pages that are read on phones too."""


def text_table(frame, decimals=2, width=60):
    """Return a pandas DataFrame as plain text that fits on a phone: numbers rounded, no index unless it has a name.

    Raises `ValueError` if a line is longer than `width` characters: show fewer columns, or turn the table round.
    """
    named = any(name is not None for name in frame.index.names)
    frame = frame.reset_index() if named else frame
    text = frame.to_string(index=False, float_format=lambda value: f"{value:.{decimals}f}")
    longest = max(map(len, text.splitlines()))
    if longest > width:
        raise ValueError(f"frame makes lines of {longest} characters, wanted at most {width}: leave out columns")
    return text
