"""Lengths in tokens, for the report on a competition's data."""

import numpy as np

from foldwise.competition.loading import LoadedCompetition
from foldwise.competition.report import TokenCounts
from foldwise.encoders import resolve_encoder
from foldwise.paths import cache_folder


def count_tokens(loaded: LoadedCompetition, encoder: str, max_length: int) -> TokenCounts:
    """The lengths of all texts in the tokens of `encoder`, before any is cut.

    Raises:
        UsageError: the encoder is not on this machine; nothing is downloaded for a report.
    """
    files = resolve_encoder(encoder, allow_download=False)
    from foldwise.tokenization.tokenizer import load_tokenizer
    from foldwise.tokenization.tokens import tokenize

    tokenizer = load_tokenizer(files, max_length)
    cache = cache_folder("tokens")
    train, test = (
        tokenize(tokenizer, rows.texts, cache).whole_lengths.astype(np.int64)
        for rows in (loaded.train, loaded.test)
    )
    return TokenCounts(train, test, tokenizer.max_length)
