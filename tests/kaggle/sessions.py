"""Sessions as a notebook begins them, without the notebook."""

from pathlib import Path

from foldwise.kaggle.session.session import Session, begin
from tests.kaggle.kaggle_root import mount

COMPETITION = "competitions/tiny-regression"


def begun(
    built: Path, root: Path, data: Path, *, seconds: float = 600.0, rerun: bool = False
) -> Session:
    """A session of the kernel in `built`, with `data` mounted as its competition."""
    package = mount(root, "datasets/some-user/package", built / "dataset")
    mount(root, COMPETITION, data)
    (root / "working").mkdir()
    return begin(package, root=root, seconds=seconds, rerun=rerun)
