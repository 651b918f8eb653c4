from foldwise.kaggle.session.jobs import plan_jobs, trained_runs
from foldwise.paths import Project

TEXTS = [("a good film",), ("the story",)]


def test_a_member_of_several_ensembles_is_predicted_once(made_once: Project) -> None:
    assert sorted(trained_runs(made_once, "top")) == ["enc", "words"]
    jobs = plan_jobs(made_once, "top", TEXTS)
    assert sorted(job.key for job in jobs) == [(r, k) for r in ("enc", "words") for k in range(3)]


def test_every_members_first_fold_comes_first_and_of_a_fold_the_longest(
    made_once: Project,
) -> None:
    keys = [job.key for job in plan_jobs(made_once, "top", TEXTS)]
    assert keys == [(run, fold) for fold in range(3) for run in ("enc", "words")]


def test_more_tokens_cost_more_up_to_the_encoders_limit(made_once: Project) -> None:
    costs = [plan_jobs(made_once, "enc", [("x" * n,)])[0].cost for n in (8, 40, 64, 6400)]
    assert costs[0] < costs[1]
    assert costs[2] == costs[3]  # both are cut to 16 tokens
