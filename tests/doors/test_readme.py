"""README.md tells the truth: its tour is run and its output compared."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doors.readme import ANYTHING, fits, steps_in

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def _shell(folder: Path) -> dict[str, str]:
    tools = folder / "bin"
    tools.mkdir()
    script = tools / "modelshelf"
    script.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m modelshelf "$@"\n', "utf-8"
    )
    script.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MODELSHELF")}
    return {
        **kept,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "MODELSHELF_ACTOR": "you",
        "COLUMNS": "120",
        "HOME": str(folder),
    }


@pytest.mark.skipif(os.name == "nt", reason="the tour is written for a POSIX shell")
def test_the_tour_runs_as_written(tmp_path: Path) -> None:
    """Every command of the tour prints what README.md says it prints."""
    place = tmp_path / "tour"
    place.mkdir()
    environment = _shell(tmp_path)
    for version, name in ((5, "model.onnx"), (4, "churn.onnx")):
        model = ROOT / f"sample_registry/models/health/tumour/v{version}/model.onnx"
        shutil.copyfile(model, place / name)
    for step in steps_in(README):
        if step.command.startswith("export "):
            name, _, value = step.command.removeprefix("export ").partition("=")
            environment[name] = value
            continue
        ran = subprocess.run(
            ["/bin/sh", "-c", step.command],
            cwd=place,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert fits(step.output, ran.stdout), (
            f"$ {step.command}\nprinted\n{ran.stdout}\ninstead of\n{step.output}"
        )


def test_the_python_of_the_tour_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python example of README.md runs on a registry with nothing in it but a first version."""
    import modelshelf

    monkeypatch.chdir(tmp_path)
    for version, name in ((5, "first.onnx"), (4, "model.onnx")):
        shutil.copyfile(
            ROOT / f"sample_registry/models/health/tumour/v{version}/model.onnx", tmp_path / name
        )
    with modelshelf.open_registry(tmp_path / "shelf", create=True) as registry:
        registry.versions.register("churn", tmp_path / "first.onnx")
    text = README.read_text("utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - the document under test
    assert (tmp_path / "serving").exists()


@pytest.mark.parametrize(
    ("promised", "printed", "same"),
    [("a", "a", True), ("a", "b", False), (f"a{ANYTHING}c", "a\nb\nc", True), ("a", "a\nb", False)],
)
def test_what_fits_what(promised: str, printed: str, *, same: bool) -> None:
    """The comparison lets only what stands for anything differ."""
    assert fits(promised, printed) is same
