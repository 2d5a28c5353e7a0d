"""A person sees what a model would run, and trusts exactly these bytes, or does not."""

from __future__ import annotations

import os
import pickle
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import skops.io
import yaml
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import FunctionTransformer

from conftest import Project, clean_environment
from mxt.cli import main
from mxt.registries.contents import contents_of
from mxt.registries.trust import FILE, reviewed
from stored_models import pickled, stored

SYSTEM = f"{os.system.__module__}.system"


class Hostile:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch ran",)


EVIL = pickle.dumps(Hostile())


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's root, which is the current folder."""
    (tmp_path / "confs").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_pickle_is_listed_trusted_and_known_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pickled(root / "m", EVIL)
    digest = contents_of(str(folder)).digest
    assert main(["trust", "m", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in (digest, "the sklearn flavour", "model.pkl names:", f"  {SYSTEM}\n"))
    found = reviewed(digest, str(root))
    assert found is not None
    assert (found.model, found.globals, found.flavor) == ("m", (SYSTEM,), "sklearn")
    assert found.at.endswith("Z")
    assert main(["trust", "m"]) == 0
    assert "It is reviewed already, by " in capsys.readouterr().out
    (folder / "model.pkl").write_bytes(EVIL + b"\n")
    assert main(["trust", "m"]) == 2
    assert not (root / "ran").exists()


def test_nobody_to_ask_is_an_error_and_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pickled(root / "m", EVIL)
    assert main(["trust", "m"]) == 2
    assert "There is no terminal to ask on" in capsys.readouterr().err
    assert not (root / FILE).exists()


def test_all_files_of_code_and_all_pickles_are_listed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = {"loader_module": "acme.load", "code": "code", "python_model": "python_model.pkl"}
    files = {"python_model.pkl": pickle.dumps(1), "code/acme/load.py": b"x = 1\n", "artifacts/more": EVIL}
    stored(root / "m", {"python_function": entry}, files)
    assert main(["trust", "m", "--yes"]) == 0
    shown = capsys.readouterr().out
    for text in ("the module acme.load", "code/acme/load.py", "The pickle artifacts/more names:", SYSTEM):
        assert text in shown
    known = yaml.safe_load((root / FILE).read_text(encoding="utf-8"))["models"][0]
    assert "code/acme/load.py" in known["runs"]


def test_types_of_a_package_may_be_allowed_by_name_and_those_of_python_may_not(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fitted = FunctionTransformer(os.system).fit([[1.0]])
    entry = {"pickled_model": "model.skops", "serialization_format": "skops"}
    neighbours = KNeighborsClassifier(1, algorithm="kd_tree").fit([[1.0], [2.0]], [0, 1])
    for name, native in {"python": fitted, "package": neighbours}.items():
        stored(root / name, {"sklearn": entry}, {"model.skops": skops.io.dumps(native)})
        assert main(["trust", name, "--yes"]) == 0
        assert ("allow_types" in capsys.readouterr().out) == (name == "package")


def test_a_name_cannot_steer_the_terminal(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pickled(root / "m", b"\x80\x04c\x1b[2Jos\nsystem\n.")
    assert main(["trust", "m", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "?[2Jos.system" in shown
    assert "\x1b" not in shown + (root / FILE).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["m.pkl"], 2, "m.pkl is a file; a review is of a model of MLflow"),
        (["./absent"], 4, "./absent: no such file or folder"),
        (["churn/3"], 4, "There is no store"),
        (["churn/1.2.3"], 4, "There is no store"),
        (["more/absent.pkl"], 4, "more/absent.pkl: no such file or folder"),
        (["x" * 5000], 4, "There is no store"),
        (["x" * 5000, "--convert"], 4, "There is no store"),
        (["m", "--rows", "t.csv"], 2, "--rows is for --convert"),
        (["m", "--convert", "--yes"], 2, "takes no --yes"),
        (["broken", "--yes"], 4, "the pickle model.pkl cannot be listed: byte 1 "),
        (["outside", "--yes"], 4, "names '../x.pkl' as data, which is no file in the model's folder"),
        (
            ["pyfunc", "--convert"],
            4,
            "names '../x.pkl' as python_model, which is no file in the model's folder",
        ),
        (["code", "--yes"], 4, "names '/acme/code', which is outside its folder"),
        (["m.pkl", "--convert"], 2, "has no schema to draw golden rows from; name a table"),
        (["m", "--convert"], 2, "by --rows TABLE"),
    ],
)
def test_a_wrong_word_is_refused(
    words: list[str], code: int, message: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pickled(root / "m", EVIL)
    pickled(root / "broken", b"N\x00")
    (root / "m.pkl").write_bytes(EVIL)
    stored(root / "outside", {"lightgbm": {"data": "../x.pkl", "model_class": "lightgbm.sklearn.X"}}, {})
    stored(root / "pyfunc", {"python_function": {"python_model": "../x.pkl"}}, {})
    stored(root / "code", {"python_function": {"loader_module": "acme", "code": "/acme/code"}}, {})
    assert main(["trust", *words]) == code
    assert message in capsys.readouterr().err
    assert not (root / FILE).exists()
    assert not (root / "ran").exists()


def test_a_version_that_mxt_trained_needs_no_review(
    trained: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained.root)
    assert main(["trust", "churn@Champion"]) == 0
    shown = capsys.readouterr().out
    assert "models:/churn/1 is a model in the xgboost flavour" in shown
    assert "It is data" in shown
    assert not (trained.root / FILE).exists()


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"\n", 10), (b"no\n", 10)])
def test_a_terminal_asks(answer: bytes, code: int, root: Path) -> None:
    pickled(root / "m", EVIL)
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "mxt", "trust", "m"]
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, env=clean_environment()) as process:
        os.write(ours, answer)
        assert process.wait() == code
    assert (root / FILE).exists() == (code == 0)
