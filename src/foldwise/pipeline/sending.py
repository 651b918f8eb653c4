"""A submission sent to its competition by the kaggle program, and that fact kept beside it."""

import json
import re
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from foldwise.competition.competition import Competition
from foldwise.competition.sources.running_kaggle import call_kaggle
from foldwise.errors import DataError, UsageError
from foldwise.storage import read_json, sha256_of_file, write_json

SEND_SECONDS = 1800
SENT = "sent"  # in the provenance: one entry a time it was sent
# what the program says; a refusal can have exit code 0 as well
ACCEPTED = re.compile(r"\bsuccessfully submitted\b", re.IGNORECASE)


@dataclass(frozen=True)
class Sent:
    """A submission that Kaggle took.

    Attributes:
        competition: its slug.
        message: that stands beside the score on Kaggle.
        time: in UTC, ISO 8601.
        said: by the program.
    """

    competition: str
    message: str
    time: str
    said: str


def check_sendable(competition: Competition) -> str:
    """The competition's slug on Kaggle.

    Raises:
        UsageError: the competition is not on Kaggle.
    """
    slug = competition.source.kaggle if competition.source else ""
    if not slug:
        raise UsageError(
            f"only a submission to a competition on Kaggle can be sent, and {competition.name} is "
            f"not there: competition.toml has no source.kaggle; leave out --send"
        )
    return slug


def send(path: Path, slug: str, message: str) -> Sent:
    """What Kaggle said to the submission in `path`, whose provenance gets a line for it.

    Args:
        path: a submission that was checked, with its provenance beside it.
        slug: of the competition.
        message: to stand beside the score.

    Raises:
        UsageError: the program is not there; with the command to run by hand.
        DataError: the file is not the one that was checked; or the program failed, with that
            command.
    """
    record = path.with_suffix(".json")
    provenance = read_json(record)
    if provenance.get("sha256") != sha256_of_file(path):
        raise DataError(
            f"{path} has changed since it was checked (SHA-256 in {record.name}); nothing was "
            f"sent. Write it again with: foldwise submit {provenance.get('run', 'RUN')}"
        )
    arguments = ["competitions", "submit", "-c", slug, "-f", str(path), "-m", message]
    called = call_kaggle(arguments, SEND_SECONDS, slug)
    fault = called.fault
    if not fault and not ACCEPTED.search(called.said):
        fault = f"it said: {json.dumps(called.said.strip() or 'nothing')}"
    if fault:
        raise called.kind(
            f"{path} is checked and written, but was not sent: {fault}\n"
            f"  Then run the same command again; or run by hand:\n"
            f"    {shlex.join(['kaggle', *arguments])}"
        )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    sent = Sent(slug, message, now, called.said.strip())
    write_json(record, {**provenance, SENT: [*provenance.get(SENT, []), sent.__dict__]})
    return sent
