import re
from types import SimpleNamespace

import pytest
from torch import nn
from transformers import BertConfig, DistilBertConfig, ModernBertConfig, XLNetConfig

from foldwise.errors import UsageError
from foldwise.modeling.dropout import check_dropout, dropout_fields, set_dropout


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        (BertConfig(), {"hidden_dropout_prob", "attention_probs_dropout_prob"}),
        (DistilBertConfig(), {"dropout", "attention_dropout"}),
        (XLNetConfig(), {"dropout"}),
        (ModernBertConfig(), {"attention_dropout", "embedding_dropout", "mlp_dropout"}),
    ],
)
def test_every_family_has_its_own_fields(config: object, fields: set[str]) -> None:
    assert set(dropout_fields(config)) == fields
    set_dropout(config, 0.25)
    assert {getattr(config, name) for name in fields} == {0.25}


def test_fields_of_ready_made_heads_are_left_alone() -> None:
    config = DistilBertConfig()
    set_dropout(config, 0.0)
    assert config.seq_classif_dropout == DistilBertConfig().seq_classif_dropout


def test_a_config_without_dropout_is_refused() -> None:
    config = SimpleNamespace(model_type="rock")
    with pytest.raises(UsageError, match="the config of 'rock' has none; known: hidden_dropout"):
        set_dropout(config, 0.0)


def test_a_dropout_that_the_setting_does_not_reach_is_named() -> None:
    backbone = nn.Sequential(nn.Dropout(0.0), nn.Dropout(0.1))
    message = re.escape("encoder.dropout=0.0 must reach every dropout of the encoder, but '1' of")
    with pytest.raises(UsageError, match=message):
        check_dropout(backbone, 0.0)
    check_dropout(nn.Sequential(nn.Dropout(0.2)), 0.2)
