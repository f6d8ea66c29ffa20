"""Where a program runs: Python, the system, the packages it uses, its GPU and its container."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from modelshelf.domain.provenance import Environment

CONTAINER_VARIABLE = "MODELSHELF_CONTAINER"
GPU_TIMEOUT = 5.0
"""Seconds that the driver may take to answer."""

_CONTAINER_FILE = Path("/run/.containerenv")
_FILE_MOST = 64 * 1024
_GPU_MOST = 300
_PAIR = re.compile(r'^(image|imageid)="?([^"\n]*)"?$', re.MULTILINE)
_HEX = re.compile(r"[0-9a-f]{64}")

Note = Callable[[str], object]
_T = TypeVar("_T")


def here(*, modules: Iterable[str] | None = None, note: Note | None = None) -> Environment:
    """Return the environment of this process.

    Args:
        modules: Names of the modules whose packages count; by default those imported by now.
        note: Is told, in a sentence, what could not be found out.
    """
    tell = note or (lambda _sentence: None)
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        packages=_attempt(lambda: packages(modules), {}, "the packages are", tell),
        gpu=_attempt(gpu, None, "the GPU is", tell),
        container=_attempt(container, None, "the container is", tell),
    )


def packages(modules: Iterable[str] | None = None) -> dict[str, str]:
    """Return the versions of the packages that these modules come from, by name, in order."""
    imported = sys.modules if modules is None else modules
    tops = {name.partition(".")[0] for name in tuple(imported)} - sys.stdlib_module_names
    homes = importlib.metadata.packages_distributions() if tops else {}
    names = {name for top in tops for name in homes.get(top, ())}
    found = {}
    for name in sorted(names, key=str.lower):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def installed() -> dict[str, str]:
    """Return the versions of all packages that this Python can import, by name, in order."""
    every = ((d.name, d.version) for d in importlib.metadata.distributions())
    return dict(sorted((name, version) for name, version in every if name and version))


def gpu() -> str | None:
    """Return what the driver of NVIDIA's GPUs calls them, each once; ``None`` without one."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    done = subprocess.run(  # noqa: S603 - our own words; no shell
        query, capture_output=True, check=False, timeout=GPU_TIMEOUT, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        return None
    lines = [line.strip() for line in done.stdout.decode("utf-8", "replace").splitlines()]
    named = list(dict.fromkeys(line for line in lines if line))
    counted = [f"{lines.count(n)} × {n}" if lines.count(n) > 1 else n for n in named]
    shown = "; ".join(", driver ".join(line.split(", ", 1)) for line in counted)
    return shown[:_GPU_MOST] or None


def container() -> str | None:
    """Return the digest of the image this runs in, as ``MODELSHELF_CONTAINER`` or Podman says."""
    told = os.environ.get(CONTAINER_VARIABLE)
    if told:
        return told
    try:
        with _CONTAINER_FILE.open("rb") as file:
            text = file.read(_FILE_MOST).decode("utf-8", "replace")
    except OSError:
        return None
    said = dict(_PAIR.findall(text))
    digest = said.get("imageid", "").removeprefix("sha256:")
    if not _HEX.fullmatch(digest):
        return None
    name = said.get("image", "").partition("@")[0]
    return f"{name}@sha256:{digest}" if name else f"sha256:{digest}"


def _attempt(ask: Callable[[], _T], otherwise: _T, what: str, tell: Note) -> _T:
    try:
        return ask()
    except Exception as exc:  # noqa: BLE001 - whatever another program or package does
        tell(f"It is not known what {what}: {type(exc).__name__}: {exc}.")
        return otherwise
