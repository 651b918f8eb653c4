import pytest
import torch
from sklearn.metrics import log_loss, mean_squared_error

from foldwise.training.losses.summed import probabilities_or_values, summed_loss


@pytest.fixture
def random() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_regression_sums_the_squared_errors_of_the_texts(random: torch.Generator) -> None:
    outputs = torch.randn(7, 3, generator=random)
    targets = torch.randn(7, 3, generator=random)
    loss = summed_loss("regression")(outputs, targets)
    # several targets are averaged
    expected = 7 * mean_squared_error(targets.numpy(), outputs.numpy())
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_classification_sums_the_cross_entropy_of_the_texts(random: torch.Generator) -> None:
    outputs = torch.randn(7, 3, generator=random)
    labels = torch.tensor([0.0, 1, 2, 2, 1, 0, 0])
    loss = summed_loss("classification")(outputs, labels.unsqueeze(1))
    probabilities = probabilities_or_values("classification", outputs).numpy()
    expected = log_loss(labels.numpy(), probabilities, normalize=False)
    assert loss.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_a_batch_cut_into_pieces_has_the_same_loss(task: str, random: torch.Generator) -> None:
    loss = summed_loss(task)  # type: ignore[arg-type]  # a parameter
    outputs = torch.randn(9, 4, generator=random)
    targets = torch.randint(0, 4, (9, 1), generator=random).float()
    targets = targets.expand(9, 4) if task == "regression" else targets
    pieces = sum(loss(outputs[i : i + 2], targets[i : i + 2]) for i in range(0, 9, 2))
    assert float(pieces) == pytest.approx(loss(outputs, targets).item(), rel=1e-6)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_half_precision_outputs_are_summed_in_single_precision(task: str) -> None:
    # 300 errors of 16 squared are above the largest half, 65504
    outputs = torch.full((300, 1), 16.0, dtype=torch.float16)
    loss = summed_loss(task)(outputs, torch.zeros(300, 1))  # type: ignore[arg-type]  # a parameter
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss)


def test_probabilities_sum_to_one_in_double_precision(random: torch.Generator) -> None:
    outputs = 30 * torch.randn(50, 5, generator=random)
    probabilities = probabilities_or_values("classification", outputs)
    assert probabilities.dtype == torch.float64
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(50, dtype=torch.float64))
    assert torch.equal(probabilities.argmax(dim=1), outputs.argmax(dim=1))


def test_values_of_a_regression_are_the_outputs(random: torch.Generator) -> None:
    outputs = torch.randn(5, 2, generator=random)
    assert torch.equal(probabilities_or_values("regression", outputs), outputs.double())
