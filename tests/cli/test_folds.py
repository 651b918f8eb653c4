"""`foldwise folds`."""

from foldwise.paths import Project
from tests.cli.calling import Foldwise


def test_a_table_is_made_and_the_same_command_leaves_it(
    project: Project, foldwise: Foldwise
) -> None:
    path = project.folds("tiny-regression")
    path.unlink()
    first = foldwise("folds", "tiny-regression", "--n", 4, "--json")
    assert first.code == 0
    assert (first.json["written"], len(first.json["folds"])) == (True, 4)
    table = path.read_bytes()
    assert foldwise("folds", "tiny-regression", "--n", 4, "--json").json["written"] is False
    assert path.read_bytes() == table


def test_other_folds_replace_a_table_only_by_force(project: Project, foldwise: Foldwise) -> None:
    refused = foldwise("folds", "tiny-regression", "--n", 2)
    assert refused.code == 2
    assert "--force" in refused.err
    assert foldwise("folds", "tiny-regression", "--n", 2, "--force").code == 0


def test_a_seed_of_zero_is_a_seed(project: Project, foldwise: Foldwise) -> None:
    made = {
        seed: foldwise("folds", "tiny-regression", "--seed", seed, "--force", "--json").json
        for seed in (0, 42)
    }
    assert made[0]["fingerprint"] != made[42]["fingerprint"]


def test_each_fold_is_a_row_of_figures(project: Project, foldwise: Foldwise) -> None:
    shown = foldwise("folds", "tiny-classification", "--check").out
    assert "fold  rows  words   dull   fair   fine" in shown
    assert "33.3%" in shown
    grouped = foldwise("folds", "tiny-grouped", "--check").out
    assert "fold  rows  groups  words  target mean  target sd" in grouped


def test_a_check_of_a_good_table_changes_nothing(project: Project, foldwise: Foldwise) -> None:
    path = project.folds("tiny-regression")
    before = path.read_bytes()
    done = foldwise("folds", "tiny-regression", "--check", "--json")
    assert (done.code, done.json["ok"]) == (0, True)
    assert path.read_bytes() == before


def test_a_check_of_a_wrong_table_names_the_lines(project: Project, foldwise: Foldwise) -> None:
    path = project.folds("tiny-regression")
    lines = path.read_text().splitlines()
    lines[3] = "r002,two"
    lines[5] = lines[4]
    path.write_text("\n".join(lines) + "\n")
    done = foldwise("folds", "tiny-regression", "--check")
    assert done.code == 3
    assert f"{path}: line 4 must be an id and a fold number, got ['r002', 'two']" in done.err
    assert "line 6 repeats id 'r003' of line 5" in done.err
    assert "r004" in done.err  # which has no fold now


def test_a_check_without_a_table_says_how_to_make_one(project: Project, foldwise: Foldwise) -> None:
    project.folds("tiny-regression").unlink()
    done = foldwise("folds", "tiny-regression", "--check")
    assert done.code == 3
    assert "make it with: foldwise folds tiny-regression" in done.err


def test_a_check_refuses_options_it_would_ignore(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("folds", "tiny-regression", "--check", "--n", 4, "--group-duplicates")
    assert done.code == 2
    assert "leave out --n, --group-duplicates" in done.err


def test_unknown_names_are_refused_with_the_nearest(project: Project, foldwise: Foldwise) -> None:
    for words, nearest in (
        (["folds", "tiny-regresion"], "'tiny-regression'"),
        (["folds", "tiny-regression", "--strategy", "stratifed"], "'stratified'"),
        (["folds", "tiny-regression", "--criteria", "targt"], "'target'"),
    ):
        done = foldwise(*words)
        assert done.code == 2
        assert f"did you mean {nearest}?" in done.err
