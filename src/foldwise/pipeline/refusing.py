"""Runs that cannot be finished or blended are refused before the first of them trains."""

from collections import Counter
from collections.abc import Sequence

from foldwise.competition.competition import Competition, load_competition
from foldwise.encoders import fingerprint, resolve_encoder
from foldwise.ensembling.record import is_ensemble, members_below
from foldwise.errors import Complaints, UsageError, listed
from foldwise.paths import Project
from foldwise.settings import Settings
from foldwise.training.corpus import Corpus, load_corpus
from foldwise.training.manifest import FILE, Manifest, check_same, manifest_of, read_manifest
from foldwise.training.run import RunRequest

SHARED = ("rows", "folds")  # of [training]: what members of an ensemble have in common


def common_competition(project: Project, requests: Sequence[RunRequest]) -> Competition:
    """The one competition that all requests are of.

    Raises:
        UsageError: there are several.
    """
    names = sorted({request.settings.competition for request in requests})
    if len(names) != 1:
        raise UsageError(
            f"the experiments of one command belong to one competition, got {listed(names)}; "
            f"run them one after the other"
        )
    return load_competition(project.competition(names[0]))


def check_blend(project: Project, requests: Sequence[RunRequest], name: str) -> None:
    """Refuse runs that could not be blended into the ensemble `name` in the end.

    Raises:
        UsageError: a run twice; `name` is one of them or a run that is no ensemble; or they learn
            from other rows or folds; all at once.
    """
    complaints = Complaints()
    names = [request.name for request in requests]
    if repeated := [run for run, times in Counter(names).items() if times > 1]:
        complaints.add(f"each experiment is run once, but {listed(repeated)} is named again")
    folder = project.run(name)
    if name in names or (any(folder.glob("[!.]*")) and not is_ensemble(folder)):
        complaints.add(
            f"the ensemble needs a name of its own, but {name!r} is another run; give it one with "
            f"--name"
        )
    if above := [run for run in names if name in members_below(project, run)]:
        complaints.add(f"{listed(above)} is made from {name!r}; give the ensemble another --name")
    for key in SHARED:
        values = {request.name: getattr(request.settings.training, key) for request in requests}
        if len(set(values.values())) > 1:
            shown = listed([f"{value} in {run}" for run, value in values.items()])
            complaints.add(f"runs to be blended share training.{key}, got {shown}; make it equal")
    complaints.raise_if_any(UsageError)


class Origins:
    """What runs are made from; rows and encoders that several runs share are read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._corpora: dict[tuple[str, int, int], Corpus] = {}
        self._hashes: dict[str, str] = {}

    def are_of(self, request: RunRequest) -> bool:
        """Whether the run has begun, and was made from what is asked for now.

        Raises:
            DataError: data or folds are wrong.
        """
        folder = self._project.run(request.name)
        if not (folder / FILE).is_file():
            return False
        return read_manifest(folder).identity() == self.manifest(request.settings).identity()

    def manifest(self, chosen: Settings) -> Manifest:
        """The manifest of a run that would begin now.

        Raises:
            UsageError: its encoder is nowhere.
            DataError: data or folds are wrong.
        """
        rows = chosen.competition, chosen.training.rows, chosen.training.folds
        if rows not in self._corpora:
            self._corpora[rows] = load_corpus(self._project, chosen)
        name = chosen.encoder.name
        if chosen.kind == "encoder" and name not in self._hashes:
            self._hashes[name] = fingerprint(resolve_encoder(name))
        encoder = self._hashes[name] if chosen.kind == "encoder" else ""
        return manifest_of(chosen, self._corpora[rows], encoder)


def check_resumable(project: Project, requests: Sequence[RunRequest]) -> None:
    """Refuse to go on with runs that were begun with something else.

    Raises:
        UsageError: names every difference of every run.
        DataError: data or folds are wrong.
    """
    complaints = Complaints()
    origins = Origins(project)
    for request in requests:
        folder = project.run(request.name)
        if request.mode == "fresh" or not (folder / FILE).is_file():
            continue
        try:
            check_same(folder, read_manifest(folder), origins.manifest(request.settings))
        except UsageError as error:
            complaints.extend(error.complaints)
    complaints.raise_if_any(UsageError)
