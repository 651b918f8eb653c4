import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModel,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    LongformerConfig,
    PreTrainedConfig,
    RobertaConfig,
    XLMRobertaConfig,
    XLNetConfig,
)

from foldwise.encoders import EncoderFiles
from foldwise.errors import FoldwiseWarning, UsageError
from foldwise.tokenization.tokenizer import (
    Tokenizer,
    load_tokenizer,
    takes_type_ids,
    usable_positions,
)
from tests.tiny_encoders import FAMILIES, Family

MakeTokenizer = Callable[[Family, int], Tokenizer]
EncoderOf = Callable[[Family], EncoderFiles]


def words(tokenizer: Tokenizer, text: str) -> list[str]:
    return tokenizer.backend.encode(text).tokens


def changed_copy(files: EncoderFiles, folder: Path, file: str, **values: object) -> EncoderFiles:
    """The encoder in a new `folder`, with some values of its JSON `file` changed."""
    shutil.copytree(files.folder, folder)
    table = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(table | values))
    return EncoderFiles(folder.name, folder, "folder")


def test_roberta_reads_the_first_word_as_inside_a_sentence(tokenizer_of: MakeTokenizer) -> None:
    assert words(tokenizer_of("roberta", 16), "film the film") == [
        *("<s>", "Ġfilm", "Ġthe", "Ġfilm", "</s>")
    ]


def test_a_space_already_there_is_not_doubled(tokenizer_of: MakeTokenizer) -> None:
    tokenizer = tokenizer_of("roberta", 16)
    assert words(tokenizer, " film") == words(tokenizer, "film")


def test_the_classifiers_token_is_first_but_last_in_xlnet(tokenizer_of: MakeTokenizer) -> None:
    positions = {family: tokenizer_of(family, 16).cls_position for family in FAMILIES}
    assert positions == {
        "bert": "first",
        "roberta": "first",
        "distilbert": "first",
        "xlnet": "last",
    }
    assert words(tokenizer_of("xlnet", 16), "film")[-2:] == ["<sep>", "<cls>"]


def test_xlnet_is_padded_on_the_left_and_the_others_on_the_right(
    tokenizer_of: MakeTokenizer,
) -> None:
    sides = {family: tokenizer_of(family, 16).padding.side for family in FAMILIES}
    assert sides == {"bert": "right", "roberta": "right", "distilbert": "right", "xlnet": "left"}


def test_the_padding_ids_are_the_familys(tokenizer_of: MakeTokenizer) -> None:
    ids = {family: tokenizer_of(family, 16).padding.id for family in FAMILIES}
    assert ids == {"bert": 0, "roberta": 1, "distilbert": 0, "xlnet": 5}


def test_segments_are_given_only_where_the_encoder_takes_them(tokenizer_of: MakeTokenizer) -> None:
    takes = {family: tokenizer_of(family, 16).has_type_ids for family in FAMILIES}
    assert takes == {"bert": True, "roberta": False, "distilbert": False, "xlnet": True}
    assert not takes_type_ids(DebertaV2Config(type_vocab_size=0))


def test_514_roberta_positions_are_512_usable_ones(encoder_of: EncoderOf) -> None:
    message = "encoder.max_length is 1024, but .* has 512 usable positions: texts are cut at 512"
    with pytest.warns(FoldwiseWarning, match=message):
        assert load_tokenizer(encoder_of("roberta"), 1024).max_length == 512
    assert load_tokenizer(encoder_of("roberta"), 512).max_length == 512


@pytest.mark.parametrize("family", FAMILIES)
def test_a_text_of_all_usable_positions_passes_through_the_encoder(
    family: Family, encoder_of: EncoderOf
) -> None:
    files = encoder_of(family)
    model = AutoModel.from_pretrained(files.folder, dtype=torch.float32)
    length = usable_positions(model.config) or 600  # XLNet has no limit
    pad_and_special = 10
    ids = torch.full((1, length), pad_and_special)
    assert model(input_ids=ids).last_hidden_state.shape == (1, length, 16)
    if family == "roberta":  # one more is outside of the table
        with pytest.raises((IndexError, RuntimeError)):
            model(input_ids=torch.full((1, length + 1), pad_and_special))


@pytest.mark.parametrize(
    ("config", "usable"),
    [
        (BertConfig(max_position_embeddings=512), 512),
        (DistilBertConfig(max_position_embeddings=512), 512),
        (RobertaConfig(max_position_embeddings=514), 512),
        (XLMRobertaConfig(max_position_embeddings=514), 512),
        (LongformerConfig(max_position_embeddings=4098), 4096),
        (DebertaV2Config(max_position_embeddings=512, position_biased_input=False), None),
        (DebertaV2Config(max_position_embeddings=512, position_biased_input=True), 512),
        (XLNetConfig(), None),
    ],
    ids=lambda value: getattr(value, "model_type", str(value)),
)
def test_usable_positions_follow_the_familys_counting(
    config: PreTrainedConfig, usable: int | None
) -> None:
    assert usable_positions(config) == usable


def test_truncation_and_padding_written_in_the_file_are_taken_away(
    encoder_of: EncoderOf, tmp_path: Path
) -> None:
    files = changed_copy(
        encoder_of("bert"),
        tmp_path / "limited",
        "tokenizer.json",
        truncation={
            "direction": "Right",
            "max_length": 8,
            "strategy": "LongestFirst",
            "stride": 0,
        },
        padding={
            "strategy": {"Fixed": 8},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
    )
    tokenizer = load_tokenizer(files, 64)
    assert len(words(tokenizer, "film")) == 3
    assert len(words(tokenizer, "film " * 20)) == 22


def test_a_folder_without_a_vocabulary_is_refused(encoder_of: EncoderOf, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(encoder_of("bert").folder, folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(UsageError, match=r"an encoder needs its vocabulary: .*bare has none of"):
        load_tokenizer(EncoderFiles("bare", folder, "folder"), 16)


def test_code_that_comes_with_an_encoder_is_never_run(
    encoder_of: EncoderOf, tmp_path: Path
) -> None:
    files = changed_copy(
        encoder_of("bert"),
        tmp_path / "foreign",
        "config.json",
        model_type="foreign",
        auto_map={"AutoConfig": "code.Config", "AutoModel": "code.Model"},
    )
    ran = tmp_path / "ran"
    (files.folder / "code.py").write_text(f"open({str(ran)!r}, 'w')\n")
    with pytest.raises(UsageError, match="without code of the encoder's own"):
        load_tokenizer(files, 16)
    assert not ran.exists()


def test_a_roberta_whose_padding_ids_disagree_is_refused(
    encoder_of: EncoderOf, tmp_path: Path
) -> None:
    files = changed_copy(encoder_of("roberta"), tmp_path / "odd", "config.json", pad_token_id=0)
    with pytest.raises(UsageError, match=r"the tokenizer's is 1 and config\.json's is 0"):
        load_tokenizer(files, 16)


def test_a_length_without_room_for_a_word_is_refused(tokenizer_of: MakeTokenizer) -> None:
    with pytest.raises(UsageError, match="room beside 4 special tokens: got 4"):
        tokenizer_of("roberta", 4)


def test_the_fingerprint_tells_rules_apart_but_not_folders(
    encoder_of: EncoderOf, tokenizer_of: MakeTokenizer, tmp_path: Path
) -> None:
    one = tokenizer_of("bert", 16).fingerprint
    shutil.copytree(encoder_of("bert").folder, tmp_path / "elsewhere")
    same = load_tokenizer(EncoderFiles("x", tmp_path / "elsewhere", "folder"), 16).fingerprint
    assert one == same
    others = {tokenizer_of("bert", 17).fingerprint, tokenizer_of("distilbert", 16).fingerprint}
    assert len(others | {one}) == 3


def test_a_slow_tokenizer_is_refused(encoder_of: EncoderOf, tmp_path: Path) -> None:
    files = changed_copy(
        encoder_of("bert"),
        tmp_path / "slow",
        "tokenizer_config.json",
        tokenizer_class="ByT5Tokenizer",
    )
    with pytest.raises(UsageError, match=r"must be a fast one: .*slow makes a ByT5Tokenizer"):
        load_tokenizer(files, 16)


@pytest.mark.parametrize("name", ["PreTrainedTokenizerFast", "RobertaTokenizerFast"])
def test_a_roberta_with_another_class_name_gets_its_space_too(
    name: str, encoder_of: EncoderOf, tmp_path: Path
) -> None:
    folder = tmp_path / "renamed"
    files = changed_copy(
        encoder_of("roberta"), folder, "tokenizer_config.json", tokenizer_class=name
    )
    assert words(load_tokenizer(files, 16), "film")[1] == "Ġfilm"
