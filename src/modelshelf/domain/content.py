"""What the bytes of a version are: one file, or a folder of files, each with size and digest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

ContentKind = Literal["file", "folder"]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One stored file of a version.

    Attributes:
        path: Relative POSIX path inside the artifact, UTF-8; a single file's own name.
        size: Length in bytes.
        digest: SHA-256 of the bytes, 64 lower-case hexadecimal digits.
    """

    path: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a version.

    Attributes:
        kind: ``file`` or ``folder``.
        name: The name the producer gave the file or folder.
        digest: Names the content: a file's own SHA-256, or the SHA-256 of the folder's manifest
            text (:func:`manifest_text`); 64 hexadecimal digits.
        size: Sum of the files' sizes in bytes.
        files: The files, sorted by path.
        place: Where the bytes were left, when they were adopted and not stored: the file or folder,
            relative to the registry if it lies inside it, else absolute, in the form of
            :func:`~modelshelf.domain.intake.escape_path`; empty when they are stored.
    """

    kind: ContentKind
    name: str
    digest: str
    size: int
    files: tuple[FileEntry, ...]
    place: str = ""


def manifest_text(files: tuple[FileEntry, ...]) -> str:
    """Return the manifest of a folder in the shape of the OpenSSF Model Signing predicate.

    Canonical JSON (sorted keys, no spaces) of ``serialization`` and the ``resources`` sorted by
    name, so that a later signature covers exactly the stored bytes. Source: OpenSSF Model Signing
    specification v1.0, "Predicate".
    """
    predicate = {
        "resources": [
            {"algorithm": "sha256", "digest": f.digest, "name": f.path}
            for f in sorted(files, key=lambda f: f.path)
        ],
        "serialization": {
            "allow_symlinks": False,
            "hash_type": "sha256",
            "ignore_paths": [],
            "method": "files",
        },
    }
    return json.dumps(predicate, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def folder_content(name: str, files: tuple[FileEntry, ...]) -> Content:
    """Return the content of a folder called ``name`` that holds ``files``."""
    from hashlib import sha256  # brings OpenSSL, which no lookup needs

    ordered = tuple(sorted(files, key=lambda f: f.path))
    digest = sha256(manifest_text(ordered).encode()).hexdigest()
    return Content("folder", name, digest, sum(f.size for f in ordered), ordered)


def file_content(name: str, size: int, digest: str) -> Content:
    """Return the content of the single file ``name``."""
    return Content("file", name, digest, size, (FileEntry(name, size, digest),))
