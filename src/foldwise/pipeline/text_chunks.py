"""Many texts, some at a time: memory is bounded however many there are, and however long."""

from collections.abc import Iterator, Sequence

Texts = Sequence[tuple[str, ...]]


def chunks_of(texts: Texts, most: int, characters: int) -> Iterator[Texts]:
    """Runs of `texts` in their order, each of at most `most` texts and `characters` characters.

    A text that is longer is alone. Without texts there is one empty run, whose predictions have
    the right number of columns.
    """
    begin = size = 0
    for i, text in enumerate(texts):
        length = sum(map(len, text))
        if i > begin and (i - begin == most or size + length > characters):
            yield texts[begin:i]
            begin, size = i, 0
        size += length
    yield texts[begin:]
