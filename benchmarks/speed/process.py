"""One training of one contestant, in a process of its own; prints its measurement as JSON.

python -m speed.process TASK.json CONTESTANT-AS-JSON SEED
"""

import contextlib
import sys
from pathlib import Path

from speed.measurement import Measurement
from speed.task import Contestant, Task, contestant_from, read_task


def measured(task: Task, contestant: Contestant, seed: int) -> Measurement:
    """The contestant's measurement; only its own system is imported."""
    if contestant.system == "foldwise":
        from speed.foldwise_training import train_foldwise as train
    elif contestant.system == "trainer":
        from speed.trainer_training import train_with_trainer as train
    else:
        from speed.plain_training import train_plainly as train
    return train(task, contestant, seed)


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):  # the Trainer prints its log
        result = measured(
            read_task(Path(sys.argv[1])), contestant_from(sys.argv[2]), int(sys.argv[3])
        )
    sys.stdout.write(result.to_json() + "\n")
