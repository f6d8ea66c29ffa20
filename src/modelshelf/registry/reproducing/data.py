"""Where the data sets of a version are, whether they are as they were, and bringing them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from modelshelf.domain.errors import Invalid, ModelshelfError, Refused, Unavailable
from modelshelf.domain.reproduction import Known
from modelshelf.domain.text import safe
from modelshelf.registry.reproducing.git import is_there, local_place
from modelshelf.registry.reproducing.packages import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from modelshelf.domain.provenance import Dataset, Environment
    from modelshelf.registry.context import Context

_SHIPPED = re.compile(r"pkg:pypi/(?P<name>[^@#?]+)@(?P<version>[^@#?]+)(?:#(?P<path>.*))?")
_PREFIX = "sha256:"


def check_data(
    context: Context, datasets: Sequence[Dataset], environment: Environment | None
) -> Iterator[Known]:
    """Yield, for each data set, where it is and whether it is as it was; local ones are hashed."""
    if not datasets:
        why = "no data set was recorded. Record each with its name, digest and address."
        yield Known("data", "data sets", "unknown", why)
    for dataset in datasets:
        yield _check(context, dataset, environment)


def placed(dataset: Dataset) -> PurePosixPath | None:
    """Return where the code expects a data set, relative to where the command runs.

    Raises:
        Invalid: The path leads elsewhere.
    """
    if not dataset.path:
        return None
    path, windows = PurePosixPath(dataset.path), PureWindowsPath(dataset.path)
    # Read as both systems do, whichever this is.
    if path.is_absolute() or windows.drive or windows.root or ".." in {*path.parts, *windows.parts}:
        raise Invalid(
            f"the data set {safe(dataset.name, 80)} cannot be put in place",
            why=f"its path {safe(dataset.path, 200)!r} leads out of the folder",
            required="a path relative to where the command runs",
        )
    return path


def put_in_place(context: Context, dataset: Dataset, folder: Path) -> None:
    """Copy a data set of this machine to where the code expects it, and check what was copied.

    What the code brought along itself stays, and is checked.

    Args:
        context: The registry.
        dataset: The data set; nothing is done for one without a path.
        folder: Where the command runs.

    Raises:
        Invalid: Its path leads out of the folder.
        Refused: What lies there is not what was recorded.
        Unavailable: It cannot be copied.
    """
    path = placed(dataset)
    if path is None:
        return
    target = folder / path
    source = local_place(dataset.uri or "")
    try:
        if not target.resolve().is_relative_to(folder.resolve()):
            what = f"the path {safe(dataset.path, 200)!r} leads through a link out of the code"
            raise Invalid(what)
        if source is not None and not os.path.lexists(target):
            _copy(source, target)
    except (OSError, ValueError, RuntimeError) as exc:  # links in a circle, names too long
        raise Unavailable(
            f"the data set {safe(dataset.name, 80)} cannot be copied",
            why=getattr(exc, "strerror", None) or safe(exc, 200),
        ) from exc
    if dataset.digest is not None and target.exists():
        found = digest_of(context, target)
        if found != dataset.digest:
            raise Refused(
                f"the data set {safe(dataset.name, 80)} is not what it was",
                why="what lies in its place has another digest",
                observed=found,
                required=dataset.digest,
            )


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.is_file():  # a device has no end
        shutil.copyfile(source, target)
    else:
        raise FileNotFoundError(0, f"{safe(source)} is neither file nor folder")


def digest_of(context: Context, place: Path) -> str:
    """Return ``sha256:`` and the digest of a file, or of the manifest of a folder.

    Raises:
        ModelshelfError: It cannot be read, or holds what is no regular file.
    """
    from modelshelf.artifacts import ingest

    return _PREFIX + ingest(place, context.blobs.adopting()).digest


def _check(context: Context, dataset: Dataset, environment: Environment | None) -> Known:
    what, uri = _called(dataset), dataset.uri or ""
    try:
        placed(dataset)
    except Invalid as error:
        return Known("data", what, "missing", str(error))
    if not uri:
        return _unplaced(what, dataset)
    shipped = _SHIPPED.fullmatch(uri)
    if shipped:
        return _shipped(what, shipped, environment)
    if not uri.lower().startswith(("file:", "/")):
        return Known("data", what, "unchecked", f"at {safe(uri, 200)}; it is not fetched")
    place = local_place(uri)
    if place is None:
        return Known("data", what, "missing", f"{safe(uri, 200)} names no file of this machine.")
    return _local(context, what, place, dataset.digest)


def _unplaced(what: str, dataset: Dataset) -> Known:
    if dataset.path:
        why = f"the code is expected to bring it along, at {safe(dataset.path, 200)}"
        return Known("data", what, "unchecked", why)
    why = "nobody recorded where it is. Record its address."
    return Known("data", what, "unknown", why)


def _called(dataset: Dataset) -> str:
    words = [dataset.name, dataset.version or "", f"({dataset.split})" if dataset.split else ""]
    return safe(" ".join(word for word in words if word), 200)


def _shipped(what: str, found: re.Match[str], environment: Environment | None) -> Known:
    name, version = unquote(found["name"]), unquote(found["version"])
    packages = environment.packages if environment is not None else {}
    pinned = {plain_name(key): value for key, value in packages.items()}.get(plain_name(name))
    package = safe(f"{name} {version}", 120)
    if pinned == version:
        return Known("data", what, "there", f"{package} brings it along")
    why = f"{package} brings it along, and the environment names "
    why += f"{safe(name, 80)} {safe(pinned, 40)}" if pinned else "no such package"
    return Known("data", what, "missing", f"{why}. Record the package with that version.")


def _local(context: Context, what: str, place: Path, digest: str | None) -> Known:
    shown = safe(place)
    if not is_there(place):
        why = f"there is no {shown}. Put it back, or record where it is now."
        return Known("data", what, "missing", why)
    if digest is None:
        why = f"{shown} is there; no digest was recorded, so nobody knows whether it is the same"
        return Known("data", what, "unchecked", why)
    try:
        found = digest_of(context, place)
    except ModelshelfError as error:
        return Known("data", what, "missing", f"{shown} cannot be read: {safe(error.what)}.")
    if found == digest:
        return Known("data", what, "there", f"{shown} has the recorded digest")
    why = f"{shown} has other bytes than it had. Put the ones of then back."
    return Known("data", what, "changed", why)
