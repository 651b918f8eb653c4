"""`foldwise train`."""

import pytest

from foldwise.paths import Project
from tests.cli.calling import Foldwise


def test_some_folds_now_and_the_others_later_are_the_same_run(
    project: Project, foldwise: Foldwise
) -> None:
    first = foldwise("train", "words", "--name", "parts", "--folds", "2,0", "--json")
    assert (first.code, first.json["scores"]) == (0, None)
    assert (first.json["missing_folds"], first.json["folds_trained_now"]) == ([1], 2)
    told = foldwise("train", "words", "--name", "parts", "--folds", "0").out
    assert told == (
        "parts: fold 1 still to train, so there is no OOF score yet; the same command without "
        "--folds, --max-time and --fresh finishes the run\n"
    )
    rest = foldwise("train", "words", "--name", "parts", "--json")
    assert (rest.json["missing_folds"], rest.json["folds_trained_now"]) == ([], 1)
    for name in ("oof.csv", "test.csv"):
        assert (project.run("parts") / name).read_bytes() == (
            project.run("words") / name
        ).read_bytes()


def test_a_finished_run_is_shown_and_not_trained(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("train", "words", "-v")
    assert done.err.startswith("words: finished before, nothing to train\n")
    assert [line.split()[:2] for line in done.out.splitlines()[3:7]] == [
        ["fold", "0"],
        ["fold", "1"],
        ["fold", "2"],
        ["all", done.out.splitlines()[6].split()[1]],
    ]
    assert "± is one standard error" in done.out


def test_settings_are_overridden_before_and_after_options(
    project: Project, foldwise: Foldwise
) -> None:
    words = ("seed=3", "--name", "other", "--folds", "0", "tfidf.penalty=2.5")
    assert foldwise("train", "words", *words).code == 0
    settings = (project.run("other") / "settings.toml").read_text()
    assert "seed = 3" in settings
    assert "penalty = 2.5" in settings


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["wrods"], "no experiment 'wrods'"),
        (["words", "sed=3"], "unknown setting 'sed'; did you mean 'seed'?"),
        (["words", "tfidf.penalt=3"], "did you mean 'tfidf.penalty'?"),
        (["words", "seed=-1", "training.epochs=x"], "2 problems:"),
        (
            ["words", "letters"],
            "takes one experiment and settings as key=value, got also 'letters'",
        ),
        (["words", "--folds", "0,3"], "folds are numbered 0 to 2; got 3"),
        (["words", "--name", "new", "--resume"], "nothing to resume: "),
        (["words", "seed=7"], "seed: the run has 42, now asked for 7"),
        (["words", "--name", "both"], "has no manifest.json, yet it holds ensemble.json"),
    ],
)
def test_what_is_wrong_is_a_bad_argument(
    words: list[str], message: str, project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("train", *words)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err


def test_folds_that_are_none_leave_no_run_behind(project: Project, foldwise: Foldwise) -> None:
    assert foldwise("train", "words", "--folds", "7", "--name", "new").code == 2
    assert list(project.run("new").glob("[!.]*")) == []


def test_a_range_is_refused_with_its_key(project: Project, foldwise: Foldwise) -> None:
    path = project.root / "experiments" / "tuned.toml"
    path.write_text(
        'competition = "tiny-regression"\nkind = "tfidf"\n'
        "[tfidf]\npenalty = { low = 0.1, high = 10.0, log = true }\n"
    )
    done = foldwise("train", "tuned")
    assert done.code == 2
    assert "tfidf.penalty is a range, which only tuning resolves; give it a value" in done.err
    assert foldwise("train", "tuned", "tfidf.penalty=1.0").code == 0


def test_resume_goes_on_with_a_run(project: Project, foldwise: Foldwise) -> None:
    assert foldwise("train", "words", "--resume", "--json").json["folds_trained_now"] == 0


def test_fresh_sets_the_old_run_aside(project: Project, foldwise: Foldwise) -> None:
    before = (project.run("words") / "oof.csv").read_bytes()
    assert foldwise("train", "words", "--fresh", "--json").json["folds_trained_now"] == 3
    (aside,) = project.root.glob("runs/.words.*")
    assert (aside / "oof.csv").read_bytes() == before
    assert (project.run("words") / "oof.csv").read_bytes() == before


def test_no_fold_is_begun_after_the_time_given(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("train", "words", "--name", "short", "--max-time", "0.0001s", "--json")
    assert done.code == 0
    assert (done.json["missing_folds"], done.json["folds_trained_now"]) == ([1, 2], 1)


def test_fast_has_a_name_of_its_own_unless_one_is_given(
    project: Project, foldwise: Foldwise
) -> None:
    assert foldwise("train", "words", "--fast", "--json").json["run"] == "words-fast"
    assert foldwise("train", "words", "--fast", "--name", "f", "--json").json["run"] == "f"


def test_data_that_is_missing_or_changed_is_bad_data_or_another_run(
    project: Project, foldwise: Foldwise
) -> None:
    train = project.competition("tiny-regression") / "train.csv"
    whole = train.read_text()
    train.write_text(whole.replace("film", "movie"))
    changed = foldwise("train", "words")
    assert changed.code == 2
    assert "data: changed since the run began" in changed.err
    train.unlink()
    assert foldwise("train", "words").code == 3
    train.write_text(whole)
    project.folds("tiny-regression").unlink()
    no_folds = foldwise("train", "words")
    assert no_folds.code == 3
    assert "run: foldwise folds tiny-regression" in no_folds.err


def test_a_run_in_use_names_its_driver(project: Project, foldwise: Foldwise) -> None:
    from foldwise.locks import only_driver_of

    with only_driver_of(project.run("words")):
        done = foldwise("train", "words")
    assert done.code == 2
    assert "is in use by process" in done.err
