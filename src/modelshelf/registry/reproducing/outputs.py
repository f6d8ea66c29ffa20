"""What a command left in its output folder: one artifact, and the metrics that were measured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.drop_names import (
    INSIDE,
    accompanies,
    is_document,
    is_folder_artifact,
    is_temporary,
    sidecars_of,
)
from modelshelf.domain.errors import Invalid, ModelshelfError
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.models import VersionDetail
    from modelshelf.registry.context import Context

OUTCOME = "outcome.json"
"""What :mod:`modelshelf.capture` writes in place of registering: the artifact and its metrics."""

_OUTCOME_MOST = 1024 * 1024
_NAMED_MOST = 5


@dataclass(frozen=True, slots=True)
class Came:
    """What came out.

    Attributes:
        path: The artifact; ``None`` when none did.
        metrics: What was measured, as it was told; any values.
        why: Why there is none, or what about it could not be used; empty when all is well.
    """

    path: Path | None
    metrics: Mapping[str, object] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, slots=True)
class Weighed:
    """The artifact that came out, held against the registered one.

    Attributes:
        digest: Names its content, as registering would compute it.
        weights: Digest of its tensors; empty where it has none that are known.
        same_bytes: Whether every file is what was registered.
        metrics: What was measured, the artifact's own word included.
        why: What could not be looked at; empty when all was.
    """

    digest: str
    weights: str
    same_bytes: bool
    metrics: Mapping[str, object]
    why: str = ""


def find_output(out: Path, where: Path, model: str) -> Came:
    """Return what lies in the output folder.

    Args:
        out: The folder that the command was given to write to.
        where: Where the command ran.
        model: The name of the model; of what a script registered, the last of this name counts.
    """
    try:
        names = sorted(os.listdir(out))  # noqa: PTH208 - names alone are judged
        if OUTCOME in names:
            return _told(out, where, model)
        return _dropped(out, names)
    except ModelshelfError as error:
        return Came(None, why=safe(str(error), 500))
    except (OSError, ValueError) as error:  # a name that is too long, or no text
        return Came(None, why=f"the output folder cannot be read: {safe(error, 200)}")


def weigh_output(context: Context, detail: VersionDetail, came: Came, path: Path) -> Weighed:
    """Return what the artifact at ``path`` is, without storing or registering it.

    Raises:
        ModelshelfError: It is nothing that could be registered.
    """
    from modelshelf.domain.provenance import Details
    from modelshelf.registry.arrival.arriving import look_at
    from modelshelf.registry.arrival.gathering import complete

    content, inspection = look_at(context, path, None, in_place=True)
    metrics, why = dict(came.metrics), came.why
    try:
        found, _ = complete(context, content, inspection, path, Details())
        metrics = {**found.metrics, **metrics}
    except ModelshelfError as error:
        why = why or safe(str(error), 500)
    version = detail.version
    same = content.digest == version.digest
    if not same and detail.files and version.kind == content.kind == "folder":
        # A sidecar inside says when and how long, which is never the same twice.
        before = {f.path: f.digest for f in detail.files if f.path not in INSIDE}
        same = bool(before) and before == {
            f.path: f.digest for f in content.files if f.path not in INSIDE
        }
    weights = inspection.weights.digest if inspection.weights is not None else ""
    return Weighed(content.digest, weights, same, metrics, why)


def _told(out: Path, where: Path, model: str) -> Came:
    from modelshelf.formats.strict_json import parse
    from modelshelf.formats.trouble import LimitReached, Malformed

    file = out / OUTCOME
    if file.is_symlink() or not file.is_file() or file.stat().st_size > _OUTCOME_MOST:
        return Came(None, why=f"{OUTCOME} is no small file")
    try:
        told = parse(file.read_bytes(), most=_OUTCOME_MOST)
    except (Malformed, LimitReached) as exc:
        return Came(None, why=f"{OUTCOME} cannot be read: {safe(exc.detail, 200)}")
    told = _of_model(told, model) if isinstance(told, dict) else {}
    metrics, artifact = told.get("metrics"), told.get("artifact")
    measured = metrics if isinstance(metrics, dict) else {}
    if not isinstance(artifact, str) or not artifact or "\0" in artifact:
        return Came(None, measured, "the code registered nothing")
    path = next((p for p in (out / artifact, where / artifact) if os.path.lexists(p)), None)
    if path is None:
        return Came(None, measured, f"there is no {safe(artifact, 200)!r}, which {OUTCOME} names")
    return Came(path, measured)


def _of_model(told: dict[str, object], model: str) -> dict[str, object]:
    others = told.get("others")
    listed = [*others, told] if isinstance(others, list) else [told]
    ours = [one for one in listed if isinstance(one, dict) and one.get("model") == model]
    return ours[-1] if ours else told


def _dropped(out: Path, names: list[str]) -> Came:
    """Return the one artifact of a folder, found as in a drop folder."""
    from modelshelf.registry.arrival.companions import companions

    if is_folder_artifact(out.name, names):
        return _with_sidecar(out, [n for n in INSIDE if n in names], out)
    found = [
        name
        for name in names
        if not is_temporary(name) and not accompanies(name, names) and not is_document(name, names)
    ]
    for name in tuple(found):
        together = companions(out / name)
        if together is not None and name == together.leader:
            found = [each for each in found if each not in together.members]
    if len(found) != 1:
        shown = ", ".join(safe(name, 60) for name in found[:_NAMED_MOST])
        return Came(None, why=f"{len(found)} artifacts came out: {shown}" if found else
                    "nothing came out; the command writes to {out}")  # fmt: skip
    path = out / found[0]
    beside = list(sidecars_of(found[0], names))
    if not path.is_symlink() and path.is_dir():
        inside = [n for n in INSIDE if (path / n).is_file()]
        if inside:
            return _with_sidecar(path, inside, path)
    return _with_sidecar(path, beside, out)


def _with_sidecar(path: Path, names: list[str], folder: Path) -> Came:
    from modelshelf.registry.arrival.sidecar import read_sidecar

    if not names:
        return Came(path)
    try:
        if len(names) > 1:
            raise Invalid(f"there are {len(names)} sidecars")
        return Came(path, read_sidecar(folder / names[0], None).details.get("metrics") or {})
    except ModelshelfError as error:
        return Came(path, why=safe(str(error), 500))
