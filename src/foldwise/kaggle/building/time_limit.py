"""How long a kernel's session may take, and what of it is the notebook's."""

from foldwise.errors import UsageError

KAGGLE_SECONDS = 9 * 3600  # of a code competition's session with a GPU
LONGEST_SECONDS = 12 * 3600  # of any session: https://www.kaggle.com/docs/notebooks
MARGIN_SECONDS = 900  # for what Kaggle itself does before and after
SHORTEST_SECONDS = 2 * MARGIN_SECONDS


def checked_limit(seconds: float) -> float:
    """`seconds`, if a kernel's session can take so long.

    Raises:
        UsageError: it is too short to predict or train in, or longer than Kaggle allows.
    """
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise UsageError(
            f"--max-time of a kernel is {SHORTEST_SECONDS // 60}m ({MARGIN_SECONDS // 60} minutes "
            f"are kept for what Kaggle does before and after) to {LONGEST_SECONDS // 3600}h, which "
            f"no session on Kaggle exceeds; got {shown(seconds)}"
        )
    return seconds


def notebook_seconds(max_seconds: float) -> int:
    """The seconds that the notebook of a session of `max_seconds` has for itself."""
    return int(max_seconds) - MARGIN_SECONDS


def in_words(max_seconds: float) -> str:
    """A sentence on the limit, for the first cell."""
    return (
        f"A session may take {shown(max_seconds)} (`foldwise kernel build --max-time`), of which "
        f"{MARGIN_SECONDS // 60} minutes are left to Kaggle."
    )


def shown(seconds: float) -> str:
    """A duration as it is written on the command line: 9h, 2.5h, 50m or 10s."""
    if seconds < 60:
        return f"{seconds:g}s"
    return f"{seconds / 3600:g}h" if seconds >= 3600 else f"{seconds / 60:g}m"
