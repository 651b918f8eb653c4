import torch
from torch.nn import functional

from foldwise.modeling.pooling import AttentionPooling
from tests.modeling.pooling.padded_texts import WIDTH, texts


def test_extreme_scores_stay_finite() -> None:
    pooling = AttentionPooling(WIDTH, 4)
    with torch.no_grad():
        pooling.score.weight.fill_(1e4)
    hidden, mask = texts([5, 1])
    hidden.requires_grad_(True)
    vectors = pooling(hidden, mask)
    vectors.sum().backward()
    assert vectors.isfinite().all()
    assert hidden.grad is not None
    assert hidden.grad.isfinite().all()


def test_the_gelu_form_has_a_layer_norm_before_it() -> None:
    torch.manual_seed(0)
    pooling = AttentionPooling(WIDTH, 5, "gelu")
    assert pooling.norm is not None
    torch.nn.init.normal_(pooling.norm.weight)
    (hidden, mask), project = texts([4, 2]), pooling.project
    for row, own in enumerate(mask):
        projected = hidden[row, own] @ project.weight.T + project.bias
        centred = projected - projected.mean(dim=1, keepdim=True)
        normed = centred / (projected.var(dim=1, keepdim=True, correction=0) + 1e-5).sqrt()
        scores = functional.gelu(normed * pooling.norm.weight) @ pooling.score.weight[0]
        expected = scores.softmax(0)
        torch.testing.assert_close(pooling.weights(hidden, mask)[row, own], expected)
