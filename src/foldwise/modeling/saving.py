"""A model's weights in one safetensors file: whole or absent, and nothing in it can run."""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from foldwise.errors import Complaints, DataError, StorageError, counted, listed
from foldwise.storage import write_atomically


def save_model(path: Path, model: nn.Module) -> None:
    """Write every weight of `model` to `path`, floating ones as float32, shared ones once.

    Raises:
        StorageError: the disk is full; what was at `path` before is intact.
    """
    weights = {name: _as_saved(value) for name, value in _weights(model).items()}
    write_atomically(path, lambda aside: save_file(weights, aside))


def load_model_weights(model: nn.Module, path: Path) -> None:
    """Put the weights in `path` into `model`, which must have exactly these.

    Raises:
        StorageError: the file is missing or damaged.
        DataError: it has weights that the model has not, lacks some, or has other shapes; all at
            once. The model is unchanged then.
    """
    expected = _weights(model)
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  # no mapping
            _check_same(path, shapes, {name: tuple(v.shape) for name, v in expected.items()})
            with torch.no_grad():
                for name, value in expected.items():
                    value.copy_(file.get_tensor(name))
    except (OSError, SafetensorError) as error:
        raise StorageError(
            f"the weights in {path} cannot be read: {error}; restore the file, or train again"
        ) from error


def _weights(model: nn.Module) -> dict[str, Tensor]:
    """Parameters and persistent buffers by name; a shared one by its first name only."""
    state: dict[str, Tensor] = model.state_dict(keep_vars=True)  # the tensors themselves
    first_names: dict[int, str] = {}
    for name, value in state.items():
        first_names.setdefault(id(value), name)
    return {name: state[name] for name in first_names.values()}


def _as_saved(value: Tensor) -> Tensor:
    value = value.detach().cpu()
    return (value.float() if value.is_floating_point() else value).contiguous()


def _check_same(
    path: Path, found: dict[str, tuple[int, ...]], expected: dict[str, tuple[int, ...]]
) -> None:
    complaints = Complaints()
    advice = "build the model from the settings and the encoder it was trained with"
    missing = sorted(expected.keys() - found.keys())
    if missing:
        complaints.add(
            f"{path} lacks {counted(len(missing), 'weight')}: {listed(missing)}; {advice}"
        )
    extra = sorted(found.keys() - expected.keys())
    if extra:
        complaints.add(
            f"{path} has {counted(len(extra), 'weight')} too many: {listed(extra)}; {advice}"
        )
    complaints.extend(
        f"{path}: {name} must have shape {expected[name]}, got {found[name]}; {advice}"
        for name in sorted(expected.keys() & found.keys())
        if found[name] != expected[name]
    )
    complaints.raise_if_any(DataError)
