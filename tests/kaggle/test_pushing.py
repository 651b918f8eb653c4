"""What the kaggle program is called with, and what is checked before it is."""

import json
from pathlib import Path

import pytest

from foldwise.errors import DataError, UsageError
from foldwise.kaggle import pushing
from foldwise.kaggle.building import kernel
from foldwise.kaggle.building.kernel import KernelRequest, build_inference
from foldwise.kaggle.pushing import push_kernel
from foldwise.paths import Project
from tests.kaggle.conftest import silent
from tests.stand_in import calls_in, stand_in_for_kaggle

DONE = {  # what the program says: https://github.com/Kaggle/kaggle-api
    "datasets create": "Your private Dataset is being created. Please check progress at ...",
    "datasets version": "Dataset version is being created. Please check progress at ...",
    "datasets status": "ready",
    "kernels push": "Kernel version 1 successfully pushed.  Please check progress at ...",
}
NO_OUTPUT = "The following are not valid kernel sources and could not be added: ['me/words-train']"
REFUSALS = [
    ({"datasets create": "403 - Forbidden"}, "build with --owner and the name of that user"),
    ({"datasets create": "404 - Not Found"}, "does not exist: check the ids in the metadata"),
]
FAULTS = [  # what the program says
    ("401 - Unauthorized", "it is not authorised: make a token"),
    ("403 - Forbidden", "build with --owner and the name of that user"),
    ("Max retries exceeded", "Kaggle is out of reach: check the network"),
    ("404 - Not Found", "does not exist: check the ids in the metadata"),
]


def never(seconds: float) -> None:
    pytest.fail(f"it waits {seconds} s")


def test_the_dataset_is_created_then_the_notebook_pushed(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=DONE)
    pushed = push_kernel(words_built, silent)
    dataset = str(words_built / "dataset")
    push = ["kernels", "push", "-p", str(words_built / "kernel")]
    status = ["datasets", "status", "some-user/words-infer-package"]
    create = ["datasets", "create", "-p", dataset, "-r", "zip"]
    assert calls_in(log) == [create, status, push]
    assert pushed.url == "https://www.kaggle.com/code/some-user/words-infer"
    assert pushed.note == ""


def test_a_dataset_that_is_there_is_not_uploaded_again_until_it_changes(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=DONE)
    told: list[str] = []
    push_kernel(words_built, told.append)
    assert told[0] == "uploading the dataset: this may take minutes"
    again = push_kernel(words_built, told.append)
    assert told[2] == "the dataset is on Kaggle as it is here, and is not uploaded again"
    assert [call[1] for call in calls_in(log)][3:] == ["status", "push"]
    assert [command.split()[2] for command in again.commands] == ["status", "push"]
    manifest = words_built / "dataset" / "foldwise-package.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "prior": [0.5]}))
    push_kernel(words_built, silent)
    version = ["-p", str(words_built / "dataset"), "-m", "built by foldwise", "-r", "zip"]
    assert calls_in(log)[5] == ["datasets", "version", *version]


def test_a_dataset_of_another_owner_is_created(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=DONE)
    push_kernel(words_built, silent)
    for path in (
        words_built / "dataset" / "dataset-metadata.json",
        words_built / "kernel" / "kernel-metadata.json",
    ):
        path.write_text(path.read_text().replace("some-user/", "other-user/"))
    push_kernel(words_built, silent)
    assert [call[1] for call in calls_in(log)] == 2 * ["create", "status", "push"]


def test_a_kernel_that_is_built_anew_gets_a_new_version_of_its_dataset(
    made_once: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=DONE)
    request = KernelRequest("words", tmp_path / "words-infer", owner="some-user")
    push_kernel(build_inference(made_once, request, silent).folder, silent)
    monkeypatch.setattr(kernel, "versions_here", lambda: {"python": "4.0"})
    push_kernel(build_inference(made_once, request, silent).folder, silent)
    assert [call[1] for call in calls_in(log)] == [
        *("create", "status", "push"),
        *("version", "status", "push"),
    ]


def test_a_dataset_that_was_made_from_elsewhere_gets_a_new_version(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = "Dataset creation error: The requested slug is already in use by a dataset"
    answers = DONE | {"datasets create": taken}
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=answers)
    push_kernel(words_built, silent)
    assert [call[1] for call in calls_in(log)] == ["create", "version", "status", "push"]


def test_a_check_calls_nothing(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch)
    pushed = push_kernel(words_built, silent, check_only=True)
    assert calls_in(log) == []
    assert pushed.commands[-1] == f"kaggle kernels push -p {words_built / 'kernel'}"


def test_without_the_program_the_commands_are_told(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told: list[str] = []
    with pytest.raises(UsageError) as caught:
        push_kernel(words_built, told.append)
    assert told == []  # nothing is said to be under way that never begins
    text = str(caught.value)
    assert text.startswith(
        "everything agrees, but nothing was uploaded, since there is no program 'kaggle' on PATH: "
        "pip install kaggle, and make a token at https://www.kaggle.com/settings (API)\n"
        "  Then run the same command again; or run by hand:\n"
    )
    assert f"    kaggle datasets create -p {words_built / 'dataset'} -r zip\n" in text
    assert text.endswith(f"    kaggle kernels push -p {words_built / 'kernel'}")


@pytest.mark.parametrize(("told", "advice"), FAULTS)
def test_a_dataset_that_cannot_be_asked_about_is_not_waited_for(
    words_built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: str,
    advice: str,
) -> None:
    stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=DONE)
    push_kernel(words_built, silent)
    monkeypatch.setattr(pushing, "sleep", never)
    stand_in_for_kaggle(tmp_path / "bin", monkeypatch, told, 1)
    with pytest.raises(DataError) as caught:
        push_kernel(words_built, silent)
    text = str(caught.value)
    assert advice in text
    assert "minutes" not in text
    assert ("remove pushed.json" in text) == ("404" in told)


def test_a_dataset_that_kaggle_does_not_know_at_once_is_waited_for(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(_seconds: float) -> None:
        stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=DONE)

    answers = DONE | {"datasets status": "403 - Forbidden"}
    failing = ["datasets status"]
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=answers, failing=failing)
    monkeypatch.setattr(pushing, "sleep", known)
    push_kernel(words_built, silent)
    assert [call[1] for call in calls_in(log)] == ["create", "status", "status", "push"]


def test_a_dataset_that_kaggle_does_not_know_for_a_minute_was_not_made(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = DONE | {"datasets status": "403 - Forbidden"}
    failing = ["datasets status"]
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=answers, failing=failing)
    monkeypatch.setattr(pushing, "FAULT_SECONDS", 0.0)
    monkeypatch.setattr(pushing, "sleep", never)
    with pytest.raises(DataError, match="build with --owner"):
        push_kernel(words_built, silent)
    assert [call[1] for call in calls_in(log)] == ["create", "status"]


def test_a_refusal_with_exit_code_0_is_no_success(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, "Dataset creation error: 403")
    with pytest.raises(DataError, match=r"it said: .Dataset creation error: 403"):
        push_kernel(words_built, silent)
    assert len(calls_in(log)) == 1  # no notebook without its dataset
    assert not (words_built / "pushed.json").exists()


def test_only_a_first_push_may_lack_the_kernels_own_output(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = f"{NO_OUTPUT}\n{DONE['kernels push']}"
    answers = DONE | {"kernels push": says}
    stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=answers, failing=["kernels push"])
    with pytest.raises(DataError, match="exit code 1"):
        push_kernel(words_built, silent)  # of the dataset alone: the notebook is as new as before
    stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=answers)
    pushed = push_kernel(words_built, silent)
    assert pushed.said[-1] == says
    # for Kaggle may have taken the one that failed here
    assert pushed.note.startswith("Kaggle attached no earlier output of this notebook, as is right")
    assert "if it had one before, this session begins anew: stop it on Kaggle" in pushed.note
    with pytest.raises(DataError, match=r"not valid kernel sources.*this session begins anew"):
        push_kernel(words_built, silent)


NO_DATASET = "The following are not valid dataset sources and could not be added: ['me/package']"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        # words that are not known, and an output that is not attached
        (f"{NO_OUTPUT}\nVersion 2 is there", r"Version 2 is there.*; Kaggle attached no earlier"),
        # a notebook without its dataset is no success
        (f"{NO_DATASET}\n{DONE['kernels push']}", r"it said: .The following are not valid dataset"),
    ],
)
def test_a_push_that_may_lack_something_is_told_in_the_program_s_words(
    answer: str, told: str, words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = DONE | {"kernels push": answer}
    stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=answers)
    with pytest.raises(DataError, match=told):
        push_kernel(words_built, silent)


def test_no_notebook_is_pushed_before_its_dataset_is_ready(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = DONE | {"datasets status": "pending: not already there"}
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=answers)
    monkeypatch.setattr(pushing, "READY_SECONDS", 0.5)
    monkeypatch.setattr(pushing, "POLL_SECONDS", 0.01)
    with pytest.raises(DataError, match=r"the dataset is not ready after 0 minutes: .*pending"):
        push_kernel(words_built, silent)
    called = [call[1] for call in calls_in(log)]
    assert called[:3] == ["create", "status", "status"]
    assert "push" not in called


def test_a_name_with_a_bad_word_in_it_is_no_refusal(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {name: f"{says} terror-base-failed" for name, says in DONE.items()} | {
        "datasets status": DONE["datasets status"]
    }
    stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=named)
    assert "terror-base-failed" in push_kernel(words_built, silent).said[-1]


@pytest.mark.parametrize(("answers", "advice"), REFUSALS)
def test_a_refusal_comes_with_advice_about_uploads(
    words_built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answers: dict[str, str],
    advice: str,
) -> None:
    stand_in_for_kaggle(tmp_path / "bin", monkeypatch, answers=answers, failing=list(answers))
    with pytest.raises(DataError) as caught:
        push_kernel(words_built, silent)
    assert advice in str(caught.value)
    assert "source.kaggle" not in str(caught.value)
    assert "competitions//rules" not in str(caught.value)


def test_nothing_is_uploaded_that_is_not_as_it_was_built(
    words_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch)
    (words_built / "dataset" / "folds" / "tiny-regression.csv").write_text("id,fold\n")
    with pytest.raises(DataError, match=r"tiny-regression.csv is damaged: .* build the kernel"):
        push_kernel(words_built, silent)
    path = words_built / "kernel" / "kernel-metadata.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "enable_gpu": None}))
    (words_built / "dataset" / "dataset-metadata.json").write_text("{}")
    with pytest.raises(DataError) as caught:
        push_kernel(words_built, silent)
    assert len(caught.value.complaints) > 2
    assert calls_in(log) == []
