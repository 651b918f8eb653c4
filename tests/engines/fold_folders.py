"""What a worker writes in the folder of a fold, in small."""

import json
from pathlib import Path

FOLD = Path("runs/r/fold-0")


def checkpoint(root: Path, step: int, text: str = "weights") -> Path:
    folder = root / FOLD / f"ckpt-{step:08d}"
    folder.mkdir()
    (folder / "model.safetensors").write_text(f"{text} {step}")
    (folder / "manifest.json").write_text(json.dumps({"files": {"model.safetensors": step}}))
    return folder


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
