"""`foldwise kernel push DIR`."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from foldwise.cli.output import Output
from foldwise.kaggle.pushing import push_kernel


def run(options: Namespace, output: Output) -> None:
    """Upload the dataset and the notebook, or only check them."""
    pushed = push_kernel(Path(options.folder), output.say, check_only=options.check_only)
    output.result(asdict(pushed))
    if options.check_only:
        output.lines(["everything agrees; nothing was uploaded. What would be called:"])
        output.whole([f"  {command}" for command in pushed.commands])
        return
    notes = [f"note: {pushed.note}"] if pushed.note else []
    output.lines([*pushed.said, *notes, f"pushed: {pushed.url}"])
