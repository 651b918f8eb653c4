"""From a run to its submission."""

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load
from foldwise.paths import Project
from foldwise.pipeline.submitting import private_scores_of, submission_of, submit
from foldwise.training.run_scores import read_tables


def test_a_submission_has_the_samples_ids_and_the_runs_values(project: Project) -> None:
    loaded = load(load_competition(project.competition("tiny-regression")))
    submission = submission_of(project, "words", loaded)
    _, test = read_tables(project.run("words"))
    expected = dict(zip(test.ids, test.values[:, 0].tolist(), strict=True))
    assert tuple(row[0] for row in submission.rows) == loaded.sample.ids
    assert {name: float(value) for name, value in submission.rows} == expected


def test_private_scores_are_those_on_the_solution(project: Project) -> None:
    folder = project.competition("tiny-regression")
    assert submit(project, "words", write=False).private == {}
    _, test = read_tables(project.run("words"))
    truth = [(name, value + 2) for name, value in zip(test.ids, test.values[:, 0], strict=True)]
    lines = ["id,target", *(f"{name},{value!r}" for name, value in truth)]
    lines = [line.replace("np.float64(", "").replace(")", "") for line in lines]
    (folder / "solution.csv").write_text("\n".join(lines) + "\n")
    with (folder / "competition.toml").open("a") as file:
        file.write('solution = "solution.csv"\n')
    done = submit(project, "words", write=False)
    assert abs(done.private["rmse"].value - 2) < 1e-9
    loaded = load(load_competition(folder))
    assert private_scores_of(project, "words", loaded) == done.private
    assert done.path is None
    assert not project.submission("words").exists()


def test_the_same_run_makes_the_same_files(project: Project) -> None:
    first = submit(project, "both", "a").path
    second = submit(project, "both", "a").path
    assert first is not None
    assert first == second
    before = first.read_bytes(), first.with_suffix(".json").read_bytes()
    submit(project, "both", "a")
    assert (first.read_bytes(), first.with_suffix(".json").read_bytes()) == before
