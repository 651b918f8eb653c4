"""Texts that anyone may have written, made fit to be shown.

Escaping is the template's work; this is about characters that no HTML holds, or that would reach
beyond the text they stand in.
"""

import re

from foldwise.errors import counted

# C0 and C1 controls but tab and line feed, lone surrogates, and what is no character at all:
# https://html.spec.whatwg.org/multipage/parsing.html#preprocessing-the-input-stream
NO_CHARACTER = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
SHOWN_INSTEAD = "\ufffd"
# embeddings, overrides and isolates, which turn the text after them too:
# https://www.unicode.org/reports/tr9/#Explicit_Directional_Formatting_Characters
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """`text` with a sign in place of what cannot be shown; of the same length."""
    return NO_CHARACTER.sub(SHOWN_INSTEAD, text)


def tame(text: str) -> str:
    """`text` as `printable`, without characters that turn the direction of others; same length."""
    return TURNING.sub(SHOWN_INSTEAD, printable(text))


def shortened(text: str, most: int) -> str:
    """`text`, or as many of its first characters, with how many are missing."""
    if len(text) <= most:
        return text
    return f"{text[:most]} ... ({counted(len(text) - most, 'more character')})"
