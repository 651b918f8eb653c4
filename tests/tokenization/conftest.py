"""One tiny encoder of each family, made once."""

from collections.abc import Callable

import pytest

from foldwise.encoders import EncoderFiles
from foldwise.tokenization.tokenizer import Tokenizer, load_tokenizer
from tests.tiny_encoders import Family, make_tiny_encoder

MakeTokenizer = Callable[[Family, int], Tokenizer]


@pytest.fixture(scope="session")
def encoder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Family], EncoderFiles]:
    made: dict[Family, EncoderFiles] = {}

    def encoder(family: Family) -> EncoderFiles:
        if family not in made:
            folder = make_tiny_encoder(tmp_path_factory.mktemp("encoders") / family, family)
            made[family] = EncoderFiles(str(folder), folder, "folder")
        return made[family]

    return encoder


@pytest.fixture(scope="session")
def tokenizer_of(encoder_of: Callable[[Family], EncoderFiles]) -> MakeTokenizer:
    return lambda family, max_length: load_tokenizer(encoder_of(family), max_length)
