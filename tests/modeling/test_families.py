"""Every family of encoders, from its own kind of tokenizer to a model that learns."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from torch import Tensor
from transformers import AutoTokenizer

from foldwise import settings
from foldwise.encoders import EncoderFiles
from foldwise.errors import UsageError
from foldwise.modeling.model import TextModel, build_model
from foldwise.modeling.saving import load_model_weights, save_model
from foldwise.tokenization.batches import Batch, collate
from foldwise.tokenization.encoding import Text
from foldwise.tokenization.tokenizer import Tokenizer, load_tokenizer
from foldwise.tokenization.tokens import tokenize
from tests.tiny_families import FAMILIES, LAYERS, WIDTH, Facts, make_tiny_family

LENGTH = 24
TEXTS: list[Text] = [
    ("the film is very good",),
    ("not a boring book but it is light and funny",),
    ("story",),
    ("",),
    ("awful and bad and boring and it is not funny and it is not for a child " * 3,),
]
POOLINGS = {
    "first": settings.Pooling(kind="first"),
    "attention over two layers": settings.Pooling(kind="attention", hidden=8, layers=2),
}


class Made(NamedTuple):
    family: str
    facts: Facts
    folder: Path
    tokenizer: Tokenizer

    def model(
        self, pooling: settings.Pooling = POOLINGS["first"], *, pretrained: bool = True
    ) -> TextModel:
        """A regression's model, always with the same weights, in evaluation mode."""
        torch.manual_seed(1)
        chosen = settings.Settings(competition="none", pooling=pooling)
        return build_model(
            self.folder,
            chosen,
            1,
            "regression",
            pretrained=pretrained,
            cls_position=self.tokenizer.cls_position,
        )

    def words(self, text: Text) -> list[str | None]:
        ids = tokenize(self.tokenizer, [text], None).ids.tolist()
        return [self.tokenizer.backend.id_to_token(i) for i in ids]

    def batch(self, texts: list[Text]) -> Batch:
        tokens = tokenize(self.tokenizer, texts, None)
        return collate(tokens, range(len(texts)))


@pytest.fixture(scope="session")
def family_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    made: dict[str, Made] = {}

    def family(name: str) -> Made:
        if name not in made:
            folder = make_tiny_family(tmp_path_factory.mktemp("families") / name, name)
            tokenizer = load_tokenizer(EncoderFiles(name, folder, "folder"), LENGTH)
            made[name] = Made(name, FAMILIES[name], folder, tokenizer)
        return made[name]

    return family


@pytest.fixture(params=FAMILIES)
def made(request: pytest.FixtureRequest, family_of: Callable[[str], Made]) -> Made:
    return family_of(request.param)


def outputs_of(model: TextModel, batch: Batch) -> Tensor:
    outputs: Tensor = model(batch.input_ids, batch.attention_mask, batch.token_type_ids)
    return outputs


# --- tokens --------------------------------------------------------------------------------------


def with_texts(order: str, **texts: list[str]) -> list[str]:
    """A family's order of tokens with the texts' own ones in their places."""
    return [word for token in order.split() for word in texts.get(token, [token])]


def own_words(made: Made, text: str) -> list[str]:
    """The tokens of a text without special ones."""
    return made.tokenizer.backend.encode(text, add_special_tokens=False).tokens


def test_special_tokens_stand_in_the_familys_order(made: Made) -> None:
    one, other = own_words(made, "good film"), own_words(made, "bad story")
    assert made.words(("good film",)) == with_texts(made.facts.single, a=one)
    assert made.words(("good film", "bad story")) == with_texts(made.facts.pair, a=one, b=other)


def room_in(order: str) -> int:
    """How many tokens of texts there may be beside a family's special ones."""
    return LENGTH - sum(token not in {"a", "b"} for token in order.split())


def test_a_text_that_is_cut_keeps_its_special_tokens(made: Made) -> None:
    whole = own_words(made, "film " * 50)
    room = room_in(made.facts.single)
    assert made.words(("film " * 50,)) == with_texts(made.facts.single, a=whole[:room])


def test_of_a_pair_the_longer_text_is_cut_and_special_tokens_stay(made: Made) -> None:
    words = made.words(("film " * 50, "bad story"))
    other = own_words(made, "bad story")
    one = own_words(made, "film " * 50)[: room_in(made.facts.pair) - len(other)]
    assert words == with_texts(made.facts.pair, a=one, b=other)


def test_the_classifiers_token_is_where_the_family_reads_it(made: Made) -> None:
    expected = "last" if made.family == "xlnet" else "first"
    assert made.tokenizer.cls_position == expected


def test_segments_are_there_where_the_family_tells_texts_apart(made: Made) -> None:
    batch = made.batch([("film", "story")])
    assert (batch.token_type_ids is not None) == made.facts.segments
    if batch.token_type_ids is not None:
        assert {0, 1} <= set(batch.token_type_ids[0].tolist())


# --- structure -----------------------------------------------------------------------------------


def test_sizes_are_found_whatever_the_config_calls_them(made: Made) -> None:
    encoder = made.model().encoder
    assert (encoder.width, encoder.depth) == (WIDTH, LAYERS)
    assert encoder.unused == made.facts.unused


def test_layer_groups_are_a_partition_with_the_layers_names(made: Made) -> None:
    model = made.model(POOLINGS["attention over two layers"])
    layers = [f"layer {i}" for i in range(made.facts.layers)]
    names = [group.name for group in model.layer_groups()]
    assert names == ["embeddings", *layers, "pooling", "head"]
    for group, layer in zip(model.layer_groups()[1:], model.encoder.layers(), strict=False):
        inside = {id(p) for p in layer.parameters()}
        assert inside <= {id(p) for p in group.parameters()}


def test_a_hidden_state_depends_on_the_layers_up_to_its_own(made: Made) -> None:
    encoder = made.model().encoder
    batch = made.batch(TEXTS)
    states = encoder(batch.input_ids, batch.attention_mask, batch.token_type_ids, LAYERS)
    states[0].square().sum().backward()
    groups = {group.name: group.parameters() for group in encoder.layer_groups()}
    assert all(p.grad is not None for p in groups["layer 0"] if p.requires_grad)
    for i in range(1, made.facts.layers):
        assert all(p.grad is None for p in groups[f"layer {i}"])


def test_the_layers_parts_run_one_after_the_other_in_xlm_only(made: Made) -> None:
    encoder = made.model().encoder
    assert encoder.has_whole_layers == (made.family != "xlm")
    assert len(encoder.layers()) == made.facts.layers


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("pooling", POOLINGS.values(), ids=POOLINGS)
def test_padding_changes_nothing(made: Made, pooling: settings.Pooling) -> None:
    model = made.model(pooling)
    batch = made.batch(TEXTS)
    own = batch.attention_mask.bool()
    # The shorter texts are padded on the family's side.
    assert bool(own[2, 0]) != made.facts.left
    assert bool(own[2, -1]) == made.facts.left
    together = outputs_of(model, batch)
    alone = torch.cat([outputs_of(model, made.batch([text])) for text in TEXTS])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


def test_no_dropout_means_none(made: Made) -> None:
    # In a regression; also where a family's code calls dropout as a function.
    model, batch = made.model().train(), made.batch(TEXTS)
    assert torch.equal(outputs_of(model, batch), outputs_of(model, batch))


def test_a_few_steps_lower_the_loss(made: Made) -> None:
    model, batch = made.model().train(), made.batch(TEXTS)
    targets = torch.tensor([[1.0], [0.5], [0.0], [-0.5], [-1.0]])
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    losses = []
    for _ in range(20):
        loss = (outputs_of(model, batch) - targets).square().mean()
        torch.autograd.backward(loss)
        without = [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None]
        assert without == []
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]  # that of the mean, about, from which it starts


def test_saved_and_loaded_it_predicts_the_same(made: Made, tmp_path: Path) -> None:
    model, batch = made.model(), made.batch(TEXTS)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    save_model(tmp_path / "model.safetensors", model)
    shutil.copy(made.folder / "config.json", tmp_path)
    loaded = made._replace(folder=tmp_path).model(pretrained=False)  # no weights but its own
    load_model_weights(loaded, tmp_path / "model.safetensors")
    assert torch.equal(outputs_of(loaded, batch), outputs_of(model, batch))


# --- what transformers lacks ---------------------------------------------------------------------


def test_xlm_with_the_files_of_its_checkpoints_alone_is_refused(
    family_of: Callable[[str], Made], tmp_path: Path
) -> None:
    # Its checkpoints have vocab.json and merges.txt, for a slow tokenizer that needs sacremoses.
    made = family_of("xlm")
    shutil.copy(made.folder / "config.json", tmp_path)
    (tmp_path / "vocab.json").write_text('{"<unk>": 0}')
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    with pytest.raises(UsageError, match=r"need to install sacremoses|must be a fast one"):
        load_tokenizer(EncoderFiles("xlm", tmp_path, "folder"), LENGTH)


def test_xlm_with_a_tokenizer_json_that_says_what_it_is_is_read(
    family_of: Callable[[str], Made], tmp_path: Path
) -> None:
    made = family_of("xlm")
    folder = tmp_path / "xlm"
    shutil.copytree(made.folder, folder)
    told = json.loads((folder / "tokenizer_config.json").read_text())
    told["tokenizer_class"] = "PreTrainedTokenizerFast"  # as the README says
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    tokenizer = load_tokenizer(EncoderFiles("xlm", folder, "folder"), LENGTH)
    assert tokenizer.fingerprint == made.tokenizer.fingerprint
    assert (tokenizer.padding, tokenizer.cls_position) == (made.tokenizer.padding, "first")


def test_deberta_has_one_separator_between_the_texts_of_a_pair(
    family_of: Callable[[str], Made],
) -> None:
    # The library's own tokenizer has two, unlike the family's pretraining.
    made = family_of("deberta")
    plain = AutoTokenizer.from_pretrained(made.folder)("film", "story")["input_ids"]
    separator = made.tokenizer.backend.token_to_id("[SEP]")
    assert plain.count(separator) == 3
    assert made.words(("film", "story")).count("[SEP]") == 2
