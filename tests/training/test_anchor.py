from pathlib import Path

import pytest
import torch

from foldwise.training.anchor import Anchor, anchor_of
from tests.training.tiny_learners import (
    learner_of,
    made_of,
    new_model,
    settings_of,
    take_all,
    tiny_tokens,
    whole_batches,
)


def weight_of(rows: int = 40, columns: int = 50) -> torch.nn.Parameter:
    torch.manual_seed(0)
    return torch.nn.Parameter(torch.randn(rows, columns))


def test_a_mixed_weight_is_pretrained_in_its_share_and_right_on_average() -> None:
    weight = weight_of(400, 500)
    start = weight.detach() - 1.0
    anchor = Anchor({weight: start}, mixout=0.3, decay=0.0)
    own = weight.detach().clone()

    with anchor.mixed():
        pretrained = torch.isclose(weight, start)
        mean_change = (weight - own).mean().item()

    assert pretrained.float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert mean_change == pytest.approx(0.0, abs=0.01)
    assert torch.equal(weight, own)


def test_the_gradient_of_a_mixed_weight_is_that_of_its_own_share() -> None:
    weight = weight_of()
    start = torch.zeros_like(weight)
    anchor = Anchor({weight: start}, mixout=0.5, decay=0.0)

    with anchor.mixed():
        kept = weight.detach() != 0
        (weight * 3).sum().backward()

    # d(mixed)/d(weight) is 1 / (1 - 0.5) where the weight is its own, 0 where it is pretrained
    assert weight.grad is not None
    assert torch.equal(weight.grad, kept.float() * 6)


def test_weights_are_as_they_were_when_memory_is_full_in_the_middle_of_mixing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights = [weight_of(), weight_of(), weight_of()]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    own = [weight.detach().clone() for weight in weights]
    anchor = Anchor({weight: weight.detach() - 1.0 for weight in weights}, mixout=0.5, decay=0.0)
    draw, draws = torch.bernoulli, []

    def full(values: torch.Tensor) -> torch.Tensor:
        draws.append(values)
        if len(draws) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return draw(values)

    monkeypatch.setattr(torch, "bernoulli", full)
    with pytest.raises(torch.OutOfMemoryError), anchor.mixed():
        pytest.fail("nothing is computed with weights that are mixed in part")

    assert len(draws) == 2
    for weight, value in zip(weights, own, strict=True):
        assert torch.equal(weight, value)


def test_the_pull_shortens_the_way_from_the_pretrained_weight_by_rate_times_decay() -> None:
    weight = weight_of()
    start = torch.zeros_like(weight)
    own = weight.detach().clone()
    optimizer = torch.optim.AdamW([weight], lr=0.1, weight_decay=0.0)

    Anchor({weight: start}, mixout=0.0, decay=0.5).pull(optimizer)

    torch.testing.assert_close(weight.detach(), own * (1 - 0.1 * 0.5))


def test_what_is_new_is_held_to_nothing(folder: Path) -> None:
    chosen = settings_of(encoder={"reinitialise": 1}, regularization={"mixout": 0.1})
    model = new_model(folder, chosen)
    anchor = anchor_of(model, chosen)
    assert anchor is not None
    names = {id(p): name for name, p in model.named_parameters()}
    held = {names[id(weight)] for weight in anchor.pretrained}
    assert any(".layer.0." in name for name in held)
    assert not any(".layer.1." in name or name.startswith("head") for name in held)


def test_no_anchor_is_kept_unless_asked_for(folder: Path) -> None:
    assert anchor_of(new_model(folder, settings_of()), settings_of()) is None


@pytest.mark.parametrize("setting", [{"mixout": 0.2}, {"pretrained_decay": 20.0}])
def test_a_held_model_learns_and_stays_nearer_to_its_start(
    folder: Path, setting: dict[str, float]
) -> None:
    tokens = tiny_tokens(folder)

    def way(chosen_part: dict[str, float]) -> float:
        chosen = settings_of(regularization=chosen_part)
        made = made_of(folder, chosen)
        before = {name: value.detach().clone() for name, value in made.learned.items()}
        losses = take_all(learner_of(made, chosen), whole_batches(tokens))
        assert losses[-1][0] < losses[0][0]
        return sum(  # type: ignore[no-any-return]
            (made.learned[name] - value).norm().item()
            for name, value in before.items()
            if name.startswith("encoder") and value.ndim > 1
        )

    if "pretrained_decay" in setting:
        assert way(setting) < way({})
    else:
        assert way(setting) > 0
