from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from foldwise.reporting.characters import NO_CHARACTER, TURNING, printable, shortened, tame

ANY = st.text(st.characters(codec=None), max_size=60)


@given(ANY)
def test_every_text_can_be_written_and_keeps_its_length(text: str) -> None:
    shown = tame(text)
    assert len(shown) == len(text)
    assert not NO_CHARACTER.search(shown)
    assert not TURNING.search(shown)
    shown.encode("utf-8")  # no lone surrogates
    HTMLParser().feed(shown)


def test_what_can_be_shown_stays() -> None:
    plain = "a <b>\t\n é 漢字 עברית 👩‍👩‍👧 'quoted' \"twice\""
    assert printable(plain) == tame(plain) == plain
    assert tame("a\x00b\u202ec\r") == "a\ufffdb\ufffdc\ufffd"


def test_a_long_text_says_how_much_is_missing() -> None:
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("x" * 2000, 3) == "xxx ... (1,997 more characters)"
