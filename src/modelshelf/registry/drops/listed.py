"""A folder that came with the digests of its files: whether all of them are there.

Whoever lists the digests in the sidecar inside a folder (``files: {path: sha256}``) says more than
any stillness can: when the bytes are the listed ones, nobody is still writing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from modelshelf.artifacts.source import open_source
from modelshelf.domain.drop_names import INSIDE
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.registry.arrival.sidecar import read_sidecar
from modelshelf.registry.drops.dropping import Candidate

OTHER_BYTES = "its sidecar lists another digest for"
"""How the reason begins when the bytes are not the ones that were listed."""

_BLOCK = 256 * 1024


def listed(candidate: Candidate) -> Mapping[str, str]:
    """Return the digests that the sidecar inside a folder lists, by path; nothing without a list.

    A sidecar that cannot be read lists nothing here; taking the folder in says what is wrong.
    """
    inside = [file for file in candidate.sidecars if file.parent == candidate.path]
    if not candidate.seen.folder or len(inside) != 1 or inside[0].name not in INSIDE:
        return {}
    try:
        return read_sidecar(inside[0], None).listed
    except (ModelshelfError, OSError):
        return {}


def differs(candidate: Candidate, listed: Mapping[str, str]) -> str:
    """Return what the bytes of a folder lack to be the ones that are listed; empty for nothing."""
    files = {path.relative_to(candidate.path).as_posix(): path for path in candidate.files}
    for name in listed:
        if name not in files:
            return f"its sidecar lists {safe(name, 200)}, which is not there"
    for name, digest in listed.items():
        try:
            observed = _digest(files[name])
        except (ModelshelfError, OSError):
            return "it changed while it was being read"
        if observed != digest:
            return f"{OTHER_BYTES} {safe(name, 200)} than its bytes have"
    return ""


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open_source(path) as source:
        while block := os.read(source.descriptor, _BLOCK):
            digest.update(block)
        source.check_unchanged()
    return digest.hexdigest()
