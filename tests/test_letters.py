import hypothesis.strategies as st
import pytest
from hypothesis import given

from rnnlib.datasets import LETTERS, letter_tokens


def test_a_known_line():
    assert "".join(LETTERS[i] for i in letter_tokens("To be, or not?--Ay!")) == "TO BE OR NOT AY "
    assert letter_tokens("az").tolist() == [1, 26]


@given(st.text(min_size=1))
def test_only_letters_and_single_blanks_remain(text):
    tokens = letter_tokens(text)
    assert ((tokens >= 0) & (tokens < len(LETTERS))).all()
    assert not ((tokens[1:] == 0) & (tokens[:-1] == 0)).any()


def test_errors():
    with pytest.raises(TypeError, match="text wants a string, got bytes"):
        letter_tokens(b"abc")
    with pytest.raises(ValueError, match="empty string"):
        letter_tokens("")
