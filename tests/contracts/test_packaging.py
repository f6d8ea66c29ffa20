"""What a stranger installs: the right version, the types, the sample registry, nothing else."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import modelshelf
from tests.contracts.tree import PACKAGE, ROOT, project_files, relative

SHIPPED_FOLDERS = ("sample_registry", "assets")


def pins() -> dict[str, str]:
    """Return the pinned version of every package in constraints.txt that applies here."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {
        canonicalize_name(r.name): str(r.specifier).removeprefix("==")
        for r in wanted
        if r.marker is None or r.marker.evaluate()
    }


def asked_for(requirements: Iterable[Requirement], extras: Iterable[str]) -> set[str]:
    """Return the canonical names of the requirements that apply here with these extras."""
    environments = [{"extra": extra} for extra in ("", *extras)]
    return {
        canonicalize_name(r.name)
        for r in requirements
        if r.marker is None or any(r.marker.evaluate(environment) for environment in environments)
    }


def installed_closure(start: set[str]) -> set[str]:
    """Return what is installed of these packages and of everything they bring."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # the checkers are installed apart from the tests
        seen.add(name)
        waiting += asked_for(map(Requirement, lines), ())
    return seen


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel as an installer would, without a network."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed: pip install 'modelshelf[test]'")
    folder = tmp_path_factory.mktemp("wheel")
    work = "import sys, hatchling.build; print(hatchling.build.build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", work, str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def test_there_is_one_version() -> None:
    """The package, its metadata and the file that the build reads agree."""
    assert modelshelf.__version__ == importlib.metadata.version("modelshelf")
    assert f'"{modelshelf.__version__}"' in (PACKAGE / "_version.py").read_text(encoding="utf-8")


def test_the_types_are_public() -> None:
    """A type checker that meets the package believes its annotations."""
    assert (PACKAGE / "py.typed").is_file()


def test_every_dependency_is_pinned() -> None:
    """constraints.txt fixes all that an extra brings, at the versions installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["test"], *extras["check"], *extras["frameworks"]]
    closure = installed_closure(asked_for(map(Requirement, lines), ()))
    assert {name: importlib.metadata.version(name) for name in closure} == {
        name: version for name, version in pins().items() if name in closure
    }


def test_the_wheel_holds_the_package(wheel: zipfile.ZipFile) -> None:
    """Every module, the type marker, the licence and the command are in the wheel."""
    names = set(wheel.namelist())
    modules = {f"modelshelf/{f.relative_to(PACKAGE).as_posix()}" for f in PACKAGE.rglob("*.py")}
    assert modules | {"modelshelf/py.typed"} <= names
    (info,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
    assert f"{info}/licenses/LICENSE" in names
    points = wheel.read(f"{info}/entry_points.txt").decode()
    assert "modelshelf = modelshelf.__main__:main" in points


def test_the_wheel_carries_the_readme(wheel: zipfile.ZipFile) -> None:
    """The first page that a stranger reads is README.md, named in pyproject.toml."""
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    readme = ROOT / "README.md"
    assert readme.is_file()
    assert readme.read_text(encoding="utf-8").strip() in wheel.read(metadata).decode()


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    """No test, benchmark or compiled file travels along."""
    names = wheel.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"modelshelf"}
    assert [name for name in names if name.endswith((".pyc", ".db-wal", ".db-shm"))] == []


@pytest.mark.parametrize("folder", SHIPPED_FOLDERS)
def test_the_wheel_holds_a_folder_of_data(folder: str, wheel: zipfile.ZipFile) -> None:
    """The sample registry and the pictures are in the wheel, each file with its bytes."""
    files = [f for f in project_files() if relative(f).startswith(f"{folder}/")]
    if not files and not (ROOT / ".git").exists():
        pytest.skip("which files belong to the project is known only in a git checkout")
    assert files, f"the folder {folder}/ is empty"
    names = set(wheel.namelist())
    assert [relative(f) for f in files if f"modelshelf/{relative(f)}" not in names] == []
    assert all(wheel.read(f"modelshelf/{relative(f)}") == f.read_bytes() for f in files)
