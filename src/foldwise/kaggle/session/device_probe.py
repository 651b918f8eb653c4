"""A real operation on the first visible GPU: `python -m foldwise.kaggle.session.device_probe`."""

import json
import sys

import torch

from foldwise.training.hardware import gpu_fault


def main() -> int:
    """Print the GPU's name and its fault as one line of JSON; the exit code is 0 either way."""
    fault = gpu_fault()
    name = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    sys.stdout.write(json.dumps({"name": name, "fault": fault}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
