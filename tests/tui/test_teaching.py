"""What is taught where there is nothing yet does what it says, whatever folders are called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import modelshelf
from modelshelf.registry import create_registry, open_registry
from modelshelf.tui import teaching
from tests.conftest import MakeModelFile

NAMES = ("registry", "two words", 'it\'s $HOME; `x` "y"', "~", "-R", "n\u202ee")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")


@pytest.fixture(params=NAMES)
def folder(request: pytest.FixtureRequest, tmp_path: Path, make_model_file: MakeModelFile) -> Path:
    """Return a registry in a folder of some name; the model lies in the working folder."""
    make_model_file("model.onnx")
    place = tmp_path / str(request.param)
    create_registry(place, actor="ana").close()
    return place


def run(command: str, tmp_path: Path) -> None:
    """Run a command as a person would, where the model lies."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    home = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), str(tmp_path))
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path / "files",
        env={**os.environ, **home, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_file_is_dropped(folder: Path, tmp_path: Path) -> None:
    """The folder of the model is made first."""
    run(teaching.drop(f"{folder}/inbox"), tmp_path)
    assert (folder / "inbox" / "churn" / "model.onnx").is_file()


@pytest.mark.parametrize("way", ["command", "python"])
def test_the_model_is_registered(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The command and the line of Python name the registry themselves."""
    if way == "command":
        run(teaching.command(str(folder)), tmp_path)
    else:
        monkeypatch.chdir(tmp_path / "files")
        eval(teaching.python(str(folder)), {"modelshelf": modelshelf})  # noqa: S307 - our own
    with open_registry(folder) as registry:
        assert registry.models.get("churn").latest == 1


def test_a_path_below_the_home_folder_is_said_as_people_write_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_model_file: MakeModelFile
) -> None:
    """A shell finds it all the same; where it must be quoted it stays whole."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert teaching.drop(f"{tmp_path}/r/inbox").startswith("mkdir -p ~/r/inbox/churn &&")
    assert f"'{tmp_path}/a b/churn'" in teaching.drop(f"{tmp_path}/a b")
    make_model_file("model.onnx")
    for said, meant in ((f"{tmp_path}/r/inbox", "r"), ("~/s t/inbox", "s t")):
        run(teaching.drop(said), tmp_path)
        assert (tmp_path / meant / "inbox" / "churn" / "model.onnx").is_file()
