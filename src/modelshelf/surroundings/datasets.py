"""From what somebody writes to the data set that is meant; nothing is fetched.

data/customers.csv         a local file or folder, digested
data/customers.csv.dvc     what DVC wrote down about a file or folder
croissant.json             a description of a data set, Croissant JSON-LD
lakefs://repo/ref/path     an address, understood as text, like every other with a scheme
hf:org/name@revision       a data set of the Hugging Face Hub
customers@4=sha256:9c41…   a name, with version and digest where they are known
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from modelshelf.domain.errors import Invalid, ModelshelfError, NotFound
from modelshelf.domain.provenance import Dataset
from modelshelf.domain.text import safe
from modelshelf.surroundings.addresses import is_address, without_secrets
from modelshelf.surroundings.digesting import count_rows, digest_of

if TYPE_CHECKING:
    from modelshelf.domain.provenance import DatasetRole

_PREFIXES = ("hf:", "dvc:")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_ENDINGS = (
    ".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".npy", ".npz", ".arrow", ".feather", ".h5",
    ".dvc",
)  # fmt: skip

Note = Callable[[str], object]


def describe(
    given: str | Path, role: str = "trained_on", *, folder: Path | None = None,
    note: Note | None = None,
) -> Dataset:  # fmt: skip
    """Return the data set that a path or text stands for.

    Args:
        given: A path, an address or a name; see the head of this module.
        role: ``trained_on``, ``evaluated_on``, ``train``, ``eval`` or ``test``.
        folder: The working folder, to which its path is told; by default that of the process.
        note: Is told, in a sentence, what was not understood.

    Raises:
        Invalid: A file that describes a data set cannot be read as that, or the text is empty.
        NotFound: It is written as a path, and there is nothing.
        Unavailable: It cannot be read.
    """
    as_role: DatasetRole = role  # type: ignore[assignment]  # words of a role are read when checked
    text = str(given).strip()
    if not text:
        raise Invalid("the data set has no name", hint="Give a path, an address or a name.")
    if isinstance(given, str) and (is_address(text) or text.startswith(_PREFIXES)):
        return _addressed(text, as_role)
    working = Path.cwd() if folder is None else folder
    place = working / Path(text).expanduser()
    if _exists(place):
        return _local(place, working, as_role, note or (lambda _sentence: None))
    if isinstance(given, Path) or looks_like_path(text):
        raise NotFound(
            f"there is no data set at {safe(text, 200)}",
            hint="Give the path of a file or folder, an address, or a name.",
            subject=safe(text, 200),
        )
    return named(without_secrets(text), as_role)


def looks_like_path(text: str) -> bool:
    """Whether a text can hardly be the name of a data set, because it is written as a path."""
    return text.startswith(("./", "../", "/", "~", ".\\", "..\\")) or text.lower().endswith(
        _ENDINGS
    )


def named(text: str, role: DatasetRole) -> Dataset:
    """Return the data set written as ``NAME[@VERSION][=sha256:HEX]``."""
    called, _, digest = text.partition("=")
    name, _, version = called.partition("@")
    return Dataset(name, role, version or None, digest or None)


def _exists(place: Path) -> bool:
    try:
        return place.exists()
    except (OSError, ValueError):
        return False


def _addressed(text: str, role: DatasetRole) -> Dataset:
    if text.startswith("hf:"):
        name, _, revision = text.removeprefix("hf:").strip("/").partition("@")
        return Dataset(name.removeprefix("datasets/"), role, revision or None, uri=text)
    if text.startswith("dvc:"):
        kept = without_secrets(text)
        return Dataset(kept, role, uri=kept)
    address = without_secrets(text)
    scheme, _, rest = address.partition("://")
    parts = [part for part in rest.split("/") if part]
    if scheme == "lakefs" and len(parts) > 1:  # lakefs://repository/ref/path
        return Dataset("/".join([parts[0], *parts[2:]]), role, parts[1], uri=address)
    name = parts[-1] if parts else address
    return Dataset(PurePosixPath(name).stem or name, role, uri=address)


def _local(place: Path, working: Path, role: DatasetRole, note: Note) -> Dataset:
    if place.is_file():
        if place.suffix == ".dvc":
            return _tracked(place, working, role, note)
        if place.suffix.lower() in (".json", ".jsonld"):
            described = _croissant(place, role)
            if described is not None:
                return replace(described, path=_within(place, working))
    name = place.resolve().name if place.is_dir() else place.stem
    return Dataset(
        name or place.name,
        role,
        digest=digest_of(place),
        rows=count_rows(place),
        uri=Path(_absolute(place)).as_uri(),
        path=_within(place, working),
    )


def _absolute(place: Path) -> Path:
    return Path(re.sub(r"[\\/]\.(?=[\\/]|$)", "", str(place.absolute())))


def _within(place: Path, working: Path) -> str | None:
    """Return the path relative to the working folder; ``None`` when it lies elsewhere."""
    try:
        path = place.resolve().relative_to(working.resolve())
    except (ValueError, OSError):
        return None
    return path.as_posix()


def _tracked(file: Path, working: Path, role: DatasetRole, note: Note) -> Dataset:
    """Return what a ``.dvc`` file tells. Source: DVC's documentation, ".dvc Files"."""
    from modelshelf.surroundings.described import read_dvc

    out = read_dvc(file)
    path = _text(out.get("path"))
    if path is None:
        raise Invalid(f"{safe(file)} does not say which file it is about", subject=safe(file))
    kinds = ("md5", "etag", "checksum")
    kind = next((k for k in kinds if _text(out.get(k))), None)
    data = file.parent / path
    told = Dataset(
        PurePosixPath(path).stem,
        role,
        version=None if kind is None else _text(out[kind]),
        uri=None if kind is None else f"dvc:{kind}:{out[kind]}",
        path=_within(data, working),
    )
    if not _exists(data) or not data.resolve().is_relative_to(file.parent.resolve()):
        note(f"The data that {safe(file.name, 80)} is about is not here, so it has no digest.")
        return told
    try:
        return replace(told, digest=digest_of(data), rows=count_rows(data))
    except ModelshelfError as exc:
        note(f"The data that {safe(file.name, 80)} is about has no digest: {exc}")
        return told


def _croissant(file: Path, role: DatasetRole) -> Dataset | None:
    """Return what a description in Croissant tells; ``None`` when the file is none.

    Source: MLCommons, "Croissant Format Specification" 1.0.
    """
    from modelshelf.surroundings.described import read_croissant

    tree = read_croissant(file)
    if tree is None:
        return None
    name = _text(tree.get("name"))
    if name is None:
        raise Invalid(f"{safe(file)} describes a data set without a name", subject=safe(file))
    files = tree.get("distribution")
    listed = [f for f in files if isinstance(f, Mapping)] if isinstance(files, list) else []
    sums = [d for f in listed if (d := _text(f.get("sha256"))) and _DIGEST.fullmatch(d)]
    address = _text(tree.get("url")) or next((_text(f.get("contentUrl")) for f in listed), None)
    return Dataset(
        name,
        role,
        version=_version(tree.get("version")),
        # Of several files, no one digest is that of the data set.
        digest=f"sha256:{sums[0].lower()}" if len(listed) == len(sums) == 1 else None,
        uri=None if address is None else without_secrets(address),
        license=_license(tree.get("license")),
    )


def _license(value: Any) -> str | None:  # noqa: ANN401 - whatever JSON holds
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, Mapping):
        first = first.get("name") or first.get("url") or first.get("@id")
    return _text(first)


def _version(value: Any) -> str | None:  # noqa: ANN401 - whatever JSON holds
    return str(value) if type(value) in (int, float) else _text(value)


def _text(value: Any) -> str | None:  # noqa: ANN401 - whatever JSON and YAML hold
    return str(value) if isinstance(value, str) and value.strip() else None
