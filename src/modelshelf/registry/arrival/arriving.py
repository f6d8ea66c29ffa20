"""What arrives is stored, looked into from where it is stored, and refused when it is not safe."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from modelshelf.artifacts import ingest
from modelshelf.domain.content import Content
from modelshelf.domain.errors import Invalid, NotFound, Unsafe, Unstorable
from modelshelf.domain.inspection import UNKNOWN_GLOBAL, Finding, Inspection
from modelshelf.domain.text import safe
from modelshelf.formats import Source, survey
from modelshelf.formats.interface import Surveyed
from modelshelf.registry.arrival.companions import companions
from modelshelf.registry.arrival.weighing import foretell, weigh
from modelshelf.registry.registering import check_stored

if TYPE_CHECKING:
    from modelshelf.artifacts import Progress, RangeDigests
    from modelshelf.domain.content import FileEntry
    from modelshelf.domain.drop_rule import Pickles
    from modelshelf.registry.context import Context

_STORED_CODE = "pickle.code"
PICKLES = "policy.pickles"
"""The rule of what is refused because of the ``pickles`` setting of its drop folder."""

# The last parts of the rules that say that loading an artifact runs code in it.
_CODE = frozenset({"can_execute", "code", "custom", "remote_code", "script"})


def take_in(
    context: Context,
    path: Path,
    progress: Progress | None,
    *,
    pickles: Pickles = "accept",
    in_place: bool = False,
) -> tuple[Content, Inspection]:
    """Store the bytes at ``path``, or adopt them ``in_place``, and look into them.

    Raises:
        Unsafe: They hold code that has no place in a model, are broken, or could not be looked at
            to the end; or they can run code when loaded, and ``pickles`` is ``quarantine``.
        Unstorable, NotFound, Conflict, Unavailable: They cannot be stored.
    """
    content, inspection = look_at(context, path, progress, in_place=in_place)
    check_safe(content, inspection, path, pickles)
    return content, inspection


def look_at(
    context: Context, path: Path, progress: Progress | None, *, in_place: bool = False
) -> tuple[Content, Inspection]:
    """Store the bytes at ``path``, look into them and weigh their tensors, whatever they are.

    ``in_place`` leaves them where they are and only hashes them.

    Raises:
        Unstorable, NotFound, Conflict, Unavailable: They cannot be stored, or were collected.
    """
    place, only, name = _artifact(path)
    digests = foretell(place, only)
    try:
        store = context.blobs.adopting() if in_place else context.blobs
        content = ingest(place, store, ranges=digests, only=only, name=name, progress=progress)
    except Invalid as error:
        raise _unstorable(error) from error
    if in_place:
        content = replace(content, place=context.call(place))
    try:
        inspection = _looked(content, stored_source(context, content), digests)
    except NotFound:
        check_stored(context, content)
        raise
    if inspection.verdict == "incomplete":  # because they were collected, it may be
        check_stored(context, content)
    return content, inspection


def _looked(content: Content, source: Source, digests: RangeDigests | None) -> Inspection:
    found = look_into(content, source)
    if not found.placed:
        return found.inspection
    return replace(found.inspection, weights=weigh(source, found.placed, digests))


def look_into(content: Content, source: Source) -> Surveyed:
    """Return what looking into stored content finds, and where its tensors lie.

    Of code that is stored in a pickle the globals say nothing: they are the same for any code. So
    whoever vouches for it vouches for these very bytes, which stand in the list of globals.
    """
    found = survey(source)
    seen = found.inspection
    if not any(finding.rule.startswith(_STORED_CODE) for finding in seen.findings):
        return found
    detail = f"code stored in sha256:{content.digest}"
    mark = Finding(UNKNOWN_GLOBAL, "warning", content.name, detail)
    return replace(found, inspection=replace(seen, findings=(*seen.findings, mark)))


def _artifact(path: Path) -> tuple[Path, tuple[str, ...], str]:
    """Return what to store for ``path``: the place, which of its files, and the name for them.

    A file that names others beside it is stored together with them, as a folder.
    """
    together = companions(path)
    if together is None:
        return path, (), ""
    return path.parent, (together.leader, *together.members), together.name


def _unstorable(error: Invalid) -> Unstorable:
    return Unstorable(
        error.what,
        why=error.why,
        observed=error.observed,
        required=error.required,
        hint=error.hint,
        subject=error.subject,
    )


def stored_source(context: Context, content: Content) -> Source:
    """Return stored content as something to look into."""
    files = [(f.path, f.size, partial(open_content, context, content, f)) for f in content.files]
    return Source.from_files(content.name, content.kind, files)


def open_content(context: Context, content: Content, file: FileEntry) -> BinaryIO:
    """Return one file of stored or adopted content opened for reading.

    Raises:
        NotFound, Corrupt, Conflict, Unavailable: Its bytes are not there any more.
    """
    if not content.place:
        return context.blobs.open(file.digest)
    place = context.resolve(content.place)
    path = place / file.path if content.kind == "folder" else place
    return context.blobs.open_at(path, file.digest)


def check_safe(
    content: Content, inspection: Inspection, path: Path, pickles: Pickles = "accept"
) -> None:
    """Check that a version may have this content.

    Raises:
        Unsafe: The verdict is ``dangerous`` or ``incomplete``; or it can run code when loaded, and
            ``pickles`` is ``quarantine``.
    """
    if inspection.verdict == "dangerous":
        what, found, rule = "is not safe", _first(inspection, "dangerous"), "scan.dangerous"
    elif inspection.verdict == "incomplete":
        what, found = "could not be looked at to the end", _first(inspection, "warning")
        rule = "scan.incomplete"
    elif pickles == "quarantine" and (found := _code(inspection)) is not None:
        what, rule = "can run code when it is loaded, which its drop folder does not take", PICKLES
    else:
        return
    error = Unsafe(
        f"{safe(content.name, 80)} {what}",
        why=safe(f"{found.detail} ({found.rule})") if found else "the scan says so",
        observed=inspection.verdict,
        hint="Save the model in a format that holds no code, such as safetensors or ONNX.",
        subject=str(path),
    )
    error.inspection, error.content = inspection, content
    error.rule = rule if found is None or rule == PICKLES else found.rule
    raise error


def _first(inspection: Inspection, severity: str) -> Finding | None:
    return next((f for f in inspection.findings if f.severity == severity), None)


def _code(inspection: Inspection) -> Finding | None:
    """Return the first finding that says that loading the artifact can run code in it."""
    return next((f for f in inspection.findings if f.rule.rpartition(".")[2] in _CODE), None)
