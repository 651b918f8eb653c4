"""Operations of a profile by kind."""

import pytest
from speed.op_kinds import OTHER, kind_of


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("aten::addmm", "matrix products"),
        ("aten::mm", "matrix products"),
        ("mkldnn::_linear_pointwise", "matrix products"),
        ("aten::bmm", "attention"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu_backward", "attention"),
        ("aten::_softmax", "attention"),
        ("aten::_fused_adamw_", "optimizer and clipping"),
        ("Optimizer.step#AdamW.step", "optimizer and clipping"),
        ("aten::_foreach_norm", "optimizer and clipping"),
        ("aten::native_layer_norm_backward", "norms"),
        ("aten::gelu", "activations and dropout"),
        ("aten::embedding_dense_backward", "embeddings"),
        ("aten::copy_", "copies and casts"),
        ("aten::to", "copies and casts"),
        ("aten::zero_", "copies and casts"),
        ("aten::add_", OTHER),
        ("aten::mul", OTHER),
    ],
)
def test_an_operation_has_its_kind(operation: str, kind: str) -> None:
    assert kind_of(operation) == kind
