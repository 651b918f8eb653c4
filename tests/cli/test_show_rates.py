"""`foldwise train EXPERIMENT --show-rates`."""

import io
import sys
from pathlib import Path

import pytest

from foldwise.paths import Project
from foldwise.settings import dump_toml
from tests.cli.calling import Foldwise
from tests.training.tiny_runs import tiny_project, tiny_settings

STAGED = """
[[stages]]
epochs = 1
train = "head"
schedule = { kind = "constant", warmup = 0.0 }

[[stages]]
epochs = 4
schedule = { kind = "one_cycle", warmup = 0.25, start = 0.1, end = 0.01 }
"""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the experiments `enc` and `staged`, and no run."""
    project = tiny_project(tmp_path_factory.mktemp("project"))
    folder = project.root / "experiments"
    folder.mkdir()
    plain = dump_toml(tiny_settings(project, rates={"embeddings": 0.0, "decay": 0.5}))
    (folder / "enc.toml").write_text(plain)
    # stages have epochs of their own, and come last in a file
    dropped = ("stages", "epochs")
    without = "\n".join(line for line in plain.splitlines() if not line.startswith(dropped))
    (folder / "staged.toml").write_text(without + STAGED)
    return project


@pytest.fixture
def project(made_once: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(made_once.root)
    return made_once


def rows_of(out: str) -> dict[str, list[str]]:
    """The table's rows by layer group, split into words."""
    names = ("embeddings", "layer 0", "layer 1", "pooling", "head")
    lines = out.splitlines()
    return {n: line.removeprefix(n).split() for n in names for line in lines if line.startswith(n)}


def test_rates_are_shown_and_nothing_is_trained(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("train", "enc", "--show-rates")

    assert (done.code, done.err) == (0, "")
    rows = rows_of(done.out)
    assert list(rows) == ["embeddings", "layer 0", "layer 1", "head"]
    assert rows["embeddings"][1:3] == ["frozen", "frozen"]
    # warm-up over 2 of 21 steps: a third at the first
    assert rows["layer 0"][1:5] == ["trainable", "5.00e-04", "1.67e-04", "0.01"]
    assert rows["layer 1"][1:5] == ["trainable", "1.00e-03", "3.33e-04", "0.01"]
    assert rows["head"][:5] == ["17", "trainable", "1.00e-02", "3.33e-03", "0.01"]
    assert not (project.root / "runs").exists()


def test_bars_are_on_a_logarithmic_scale_which_is_said(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("train", "enc", "--show-rates", "rates.decay=0.1", "rates.head=1e-2")
    rows = rows_of(done.out)
    # 1e-4, 1e-3, 1e-2
    assert rows["layer 0"][-1] == "█"
    assert rows["layer 1"][-1] == "█" * 9
    assert rows["head"][-1] == "█" * 17
    assert (
        "bars: each group's highest peak on a logarithmic scale, one mark for 1.00e-04, 8 more for "
        "ten times as much; first: the rate of the first step\n"
    ) in done.out


def test_rates_that_are_far_apart_have_a_coarser_scale(
    project: Project, foldwise: Foldwise
) -> None:
    words = ("rates.decay=0.5", "rates.top=2e-7", "rates.head=1.0")
    done = foldwise("train", "enc", "--show-rates", *words)
    rows = rows_of(done.out)
    assert (rows["layer 0"][-1], rows["head"][-1]) == ("█", "█" * 32)
    assert "one mark for 1.00e-07, 4.4 more for ten times as much" in done.out
    assert rows["layer 1"][-1] == "██▍"  # twice the rate: 0.3 of 4.4 marks more


def test_bars_are_ascii_where_the_output_has_no_blocks(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert foldwise("train", "enc", "--show-rates").code == 0
    sys.stdout.flush()
    rows = rows_of(raw.getvalue().decode("ascii"))
    # twenty times the rate: 1.3 of 8 marks more
    assert rows["head"][-1] == "#" * 11
    assert rows["layer 0"][-1] == "#"


def test_equal_rates_have_equal_bars(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("train", "enc", "--show-rates", "rates.shape=constant", "rates.head=1e-3",
                    "rates.decay=1.0")  # fmt: skip
    bars = {row[-1] for name, row in rows_of(done.out).items() if name != "embeddings"}
    assert bars == {"█"}


def test_each_stage_has_its_columns_and_a_line(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("train", "staged", "--show-rates")

    rows = rows_of(done.out)
    assert rows["embeddings"][1:4] == ["frozen", "frozen", "frozen"]
    assert rows["layer 1"][1:5] == ["trainable", "frozen", "1.00e-03", "1.00e-04"]
    assert rows["head"][1:6] == ["trainable", "1.00e-02", "1.00e-02", "1.00e-02", "1.00e-03"]
    columns = " ".join(done.out.splitlines()[1].split())
    assert columns == (
        "layer group parameters stages.0 peak stages.0 first stages.1 peak stages.1 first decay"
    )
    assert done.out.splitlines()[-2:] == [
        "stages.0, train=head: 1 epoch = 7 steps a fold, constant, warm-up 0% = 0 steps, then "
        "constant",
        "stages.1, train=all: 4 epochs = 28 steps a fold, one_cycle, warm-up 25% = 7 steps, from "
        "0.1 of the peak, beta1 0.9 to 0.85 and back, then to 0.01 of the peak",
    ]


def test_programs_get_the_same_as_json(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("train", "staged", "--show-rates", "--json")

    assert done.err == ""
    table = done.json
    assert table["experiment"] == "staged"
    assert [group["name"] for group in table["groups"]] == list(rows_of(
        foldwise("train", "staged", "--show-rates").out
    ))  # fmt: skip
    head = table["groups"][-1]
    assert (head["parameters"], head["trainable"]) == (17, True)
    assert (head["peak_rates"], head["first_rates"]) == ([1e-2, 1e-2], [1e-2, pytest.approx(1e-3)])
    assert table["groups"][0]["peak_rates"] == [None, None]
    assert [stage["steps_of_folds"] for stage in table["stages"]] == [[7] * 3, [28] * 3]
    assert table["missing"] == ""


def test_without_folds_it_says_what_is_not_known(
    project: Project, foldwise: Foldwise, tmp_path: Path
) -> None:
    folds = project.folds("tiny-regression")
    aside = folds.rename(tmp_path / "aside.csv")
    try:
        done = foldwise("train", "enc", "--show-rates")
    finally:
        aside.rename(folds)

    assert done.code == 0
    assert rows_of(done.out)["head"][2:4] == ["1.00e-02", "?"]
    assert done.out.splitlines()[-2:] == [
        "schedule: 3 epochs, linear, warm-up 10% of the steps, then to 0 of the peak",
        f"steps are not known: {folds} does not exist; run: foldwise folds tiny-regression",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--fresh"], "--show-rates trains nothing, so that --fresh would do nothing"),
        (["--folds", "0"], "so that --folds would do nothing; leave one of them out"),
        (["--max-time", "1h"], "so that --max-time would do nothing"),
        (["kind=tfidf"], "would do nothing: kind='tfidf' reads"),
        (["rates.groups.layer 9=1e-5"], "this model has no layer group 'layer 9'; did you mean"),
        (["encoder.frozen=3"], "encoder.frozen=3 is more than the 2 layers of the encoder"),
        (["encoder.name=roberta-huge"], "the encoder 'roberta-huge' is nowhere to be found"),
    ],
)
def test_what_cannot_be_shown_is_a_bad_argument(
    words: list[str], message: str, project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("train", "enc", "--show-rates", *words)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_small_form_is_shown_as_it_would_be_trained(project: Project, foldwise: Foldwise) -> None:
    table = foldwise("train", "enc", "--show-rates", "--fast", "--json").json
    assert table["experiment"] == "enc-fast"
    assert len(table["stages"][0]["steps_of_folds"]) == 2
