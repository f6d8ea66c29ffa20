"""The interpreter that makes a version again: a fresh virtual environment, or one that is given."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import NotFound, Unavailable
from modelshelf.domain.text import safe
from modelshelf.hooks.command import run_command
from modelshelf.registry.reproducing.packages import OURSELVES, pins
from modelshelf.registry.reproducing.steps import minor_of

if TYPE_CHECKING:
    from modelshelf.domain.provenance import Environment
    from modelshelf.registry.reproducing.fresh import Transcript

_MAKING, _INSTALLING, _ASKING = 300.0, 3_600.0, 60.0  # seconds
_ASK = """
import json, platform
from importlib.metadata import distributions
found = {str(d.metadata["Name"]): str(d.version) for d in distributions()}
print("\\n" + json.dumps({"python": platform.python_version(), "packages": found}))
"""
# What pip needs to reach an index as it does elsewhere on this machine.
_NUMERIC = ("OPENBLAS_", "OMP_", "MKL_", "BLIS_", "VECLIB_", "NUMEXPR_", "CUBLAS_")
_PIP = (
    "PIP_CACHE_DIR", "PIP_CERT", "PIP_CONFIG_FILE", "PIP_DEFAULT_TIMEOUT", "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_NO_INDEX", "PIP_PROXY", "PIP_TRUSTED_HOST",
    "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE",
)  # fmt: skip
_ANSWER_MOST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What runs the command.

    Attributes:
        path: The program.
        python: Its version.
        packages: Versions of what is installed for it, by name.
    """

    path: Path
    python: str
    packages: Mapping[str, str] = field(default_factory=dict)


def given(python: str | Path, folder: Path) -> Interpreter:
    """Return the interpreter that a caller named.

    Raises:
        NotFound: There is no such program.
        Unavailable: It is no Python.
    """
    found = shutil.which(str(python))
    if found is None:
        raise NotFound(f"there is no interpreter {safe(python)}", subject=safe(python))
    return _asked(Path(found).absolute(), folder)


def fresh(environment: Environment | None, folder: Path, transcript: Transcript) -> Interpreter:
    """Return the interpreter of a new virtual environment in ``folder`` with the recorded packages.

    It has the recorded minor version of Python where one is found, else the one that runs this.

    Raises:
        Unavailable: It cannot be made, or a package cannot be installed.
    """
    wanted = pins(environment)
    base = _base(minor_of(environment))
    transcript.say(f"making a virtual environment with {safe(base)}")
    pip = [] if wanted else ["--without-pip"]
    _do([str(base), "-m", "venv", *pip, "venv"], folder, transcript, _MAKING)
    scripts = "Scripts" if os.name == "nt" else "bin"
    path = folder / "venv" / scripts / ("python.exe" if os.name == "nt" else "python")
    if wanted:
        count = "1 package" if len(wanted) == 1 else f"{len(wanted):,} packages"
        transcript.say(f"installing {count}")
        listed = folder / "requirements.txt"
        listed.write_text("".join(f"{pin}\n" for pin in wanted), "utf-8")
        install = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "-q"]
        _do([str(path), *install, "-r", str(listed)], folder, transcript, _INSTALLING)
    return _asked(path, folder)


def surroundings(interpreter: Interpreter, folder: Path) -> dict[str, str]:
    """Return the environment variables of the command: little, and nothing of this process's own.

    A script that imports Modelshelf gets this one, from a folder in which nothing else lies.
    """
    beside = folder / "given"
    beside.mkdir(exist_ok=True)
    package, link = Path(__file__).resolve().parents[2], beside / OURSELVES
    try:
        link.symlink_to(package, target_is_directory=True)
    except OSError:  # where links take rights that few have
        shutil.copytree(package, link, dirs_exist_ok=True)
    places = [str(interpreter.path.parent), os.environ.get("PATH", os.defpath)]
    return {
        "MODELSHELF_REPRODUCE": str(folder / "out"),
        "PYTHONPATH": str(beside),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PATH": os.pathsep.join(places),
        # How numbers come out depends on these, on one machine as on another.
        **{name: value for name, value in os.environ.items() if name.startswith(_NUMERIC)},
    }


def _base(minor: str) -> Path:
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = shutil.which(f"python{minor}") if minor and minor != own else None
    return Path(found or sys.executable)


def _do(argv: Sequence[str], cwd: Path, transcript: Transcript, timeout: float) -> None:
    named = {name: os.environ[name] for name in _PIP if name in os.environ}
    ran = run_command(argv, timeout=timeout, env={**named, "PYTHONNOUSERSITE": "1"}, cwd=cwd)
    transcript.add(argv, ran)
    if not ran.passed:
        said = ran.output[-1_000:].decode("utf-8", "replace").strip()
        raise Unavailable(
            "the environment cannot be made",
            why=ran.why or safe(said, 800),
            hint="Give an interpreter that has the packages: --python PATH.",
        )


def _asked(path: Path, folder: Path) -> Interpreter:
    argv = [str(path), "-I", "-c", _ASK]
    ran = run_command(argv, timeout=_ASKING, output_most=_ANSWER_MOST, env={}, cwd=folder)
    try:
        told = json.loads(ran.output.decode("utf-8", "replace").strip().splitlines()[-1])
        python, packages = told["python"], dict(told["packages"])
    except (ValueError, IndexError, KeyError, TypeError, RecursionError):
        python, packages = "", {}
    if not ran.passed or not isinstance(python, str) or not re.match(r"\d+\.\d+", python):
        raise Unavailable(
            f"{safe(path)} does not answer as a Python does",
            why=ran.why or f"exit {ran.exit_code}",
            subject=safe(path),
        )
    return Interpreter(path, safe(python, 40), {str(k): str(v) for k, v in packages.items()})
