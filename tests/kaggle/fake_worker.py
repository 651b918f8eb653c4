"""Stands in for a process that predicts: `python fake_worker.py LOG BEHAVIOUR ...`.

It notes each job with the device it was given, and answers, dies, sleeps or fails as it is told.
"""

import json
import os
import sys
import time
from pathlib import Path


def gpu_here() -> str | None:
    """What this process may use."""
    return os.environ.get("CUDA_VISIBLE_DEVICES")


def main(log: Path, behaviour: str) -> None:
    """Answer one line for each job."""
    for line in sys.stdin:
        job = json.loads(line)
        with log.open("a") as file:
            gpu = os.environ.get("CUDA_VISIBLE_DEVICES")
            file.write(json.dumps([gpu, os.getpid(), job["run"], job["fold"]]) + "\n")
        if behaviour == "sleep":
            time.sleep(600)
        if behaviour == "die" or (behaviour == "die once" and not Path(f"{log}.died").exists()):
            Path(f"{log}.died").touch()
            os._exit(9)
        if behaviour == "die on GPU 1" and gpu_here() == "1":
            os._exit(9)
        if behaviour == "torn" and not Path(f"{log}.died").exists():
            Path(f"{log}.died").touch()
            sys.stdout.write('{"done": "/kagg')
            sys.stdout.flush()
            os._exit(9)
        if behaviour == "fail":
            answer: dict[str, object] = {"error": "DataError", "complaints": ["the fold is bad"]}
        else:
            path = Path(job["file"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"id,target\na,{job['fold']}.0\n")
            answer = {"done": str(path), "seconds": 0.01}
        sys.stdout.write(json.dumps({"note": "a note"}) + "\n" + json.dumps(answer) + "\n")
        sys.stdout.flush()
    if behaviour == "linger":
        time.sleep(600)


main(Path(sys.argv[1]), sys.argv[2])
