"""Run folders with journals as a training writes them, made in a moment."""

from pathlib import Path

from foldwise.journal import Journal
from foldwise.settings import checked_settings, dump_toml

GROUPS = ("layer 0", "head")


def begin(folder: Path) -> Path:
    """The folder of a run that was begun and has no evaluations yet."""
    folder.mkdir(parents=True)
    chosen = checked_settings({"competition": "tiny", "rates": {"top": 0.0002}}, "the test")
    (folder / "settings.toml").write_text(dump_toml(chosen))
    Journal(folder / "journal.jsonl").write("begun", identity="x")
    return folder


def look(run: Path, fold: int, step: int, score: float = 0.5) -> None:
    """Journal one evaluation."""
    Journal(run / f"fold-{fold}" / "journal.jsonl").write(
        "look",
        step=step,
        look=1,
        loss=score / 2,
        score=score,
        kept=True,
        rates=dict.fromkeys(GROUPS, 1e-4),
        seconds=step / 10,
    )
