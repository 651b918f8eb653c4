"""A private leaderboard kept on this machine: submissions scored against a solution file."""

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import Competition
from foldwise.competition.files import require_files
from foldwise.competition.ids import id_complaints
from foldwise.competition.metrics import Score, companions, metric_named, score
from foldwise.competition.reading import parse_table
from foldwise.competition.sample import Sample, format_of
from foldwise.competition.submission import Submission, check_submission
from foldwise.competition.targets import label_indices, target_numbers
from foldwise.errors import Complaints, DataError, counted, listed

Floats = NDArray[np.float64]


def private_scores(
    competition: Competition, sample: Sample, submission: Submission
) -> dict[str, Score]:
    """The submission's scores on the solution file, by metric; empty where there is none.

    The competition's own metric comes first, then its companions; a submission of labels has no
    probabilities to score.

    The solution holds the id and the target columns, in any order of rows; further columns are
    ignored.

    Raises:
        DataError: the submission or the solution is no good, or their ids differ.
    """
    if not competition.files.solution:
        return {}
    targets = _solution(competition, sample)
    shown = _outputs(sample, check_submission(submission, sample))
    own = metric_named(competition.metric, competition.task)
    fitting = [m for m in companions(own) if not (m.probabilities and sample.layout == "label")]
    return {metric.name: score(metric, targets, shown) for metric in (own, *fitting)}


def _solution(competition: Competition, sample: Sample) -> Floats:
    """(rows, targets) the true targets in the order of the sample's ids."""
    require_files(competition, "solution")
    path = competition.path("solution")
    complaints = Complaints()
    columns = [competition.id, *competition.target]
    table = parse_table(path, format_of(competition, path), columns, complaints)
    ids = table.columns[competition.id]
    complaints.extend(id_complaints(path, competition.id, ids, table.lines))
    if competition.task == "classification":
        targets = label_indices(table, competition.target[0], sample.labels, complaints)
    else:
        targets = target_numbers(table, competition.target, complaints)
    row_of = {name: i for i, name in enumerate(ids)}
    if different := sorted(row_of.keys() ^ set(sample.ids)):
        complaints.add(
            f"{path}: a solution has the ids of {sample.path.name}, but "
            f"{counted(len(different), 'stands', 'stand')} in "
            f"only one of them: {listed(different)}; make both from the same data"
        )
    complaints.raise_if_any(DataError)
    return targets[[row_of[name] for name in sample.ids]]


def _outputs(sample: Sample, submission: Submission) -> Floats:
    """(rows, outputs) what a metric scores; a label becomes a probability of 1."""
    at = sample.header.index(sample.id)
    cells = [row[:at] + row[at + 1 :] for row in submission.rows]
    if sample.layout == "label":
        index = {label: i for i, label in enumerate(sample.labels)}
        return np.eye(len(sample.labels))[[index[row[0]] for row in cells]]
    numbers = np.array([[float(cell) for cell in row] for row in cells], dtype=np.float64)
    if sample.layout == "probability":
        return np.hstack([1 - numbers, numbers])
    outputs = np.empty_like(numbers)
    outputs[:, list(sample.outputs)] = numbers
    return outputs
