"""What arrives is stored, looked into from where it is stored, and refused when it is not safe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelshelf.artifacts import ingest
from modelshelf.domain.content import Content
from modelshelf.domain.errors import Unsafe
from modelshelf.domain.inspection import Inspection
from modelshelf.domain.text import safe
from modelshelf.formats import Source, inspect

if TYPE_CHECKING:
    from modelshelf.artifacts import Progress
    from modelshelf.registry.context import Context


def take_in(context: Context, path: Path, progress: Progress | None) -> tuple[Content, Inspection]:
    """Store the bytes at ``path`` and look into them.

    Raises:
        Unsafe: They hold code that has no place in a model, are broken, or could not be looked at
            to the end.
        Invalid, NotFound, Conflict, Unavailable: They cannot be stored.
    """
    content = ingest(path, context.blobs, progress=progress)
    inspection = inspect(stored_source(context, content))
    check_safe(content, inspection, path)
    return content, inspection


def stored_source(context: Context, content: Content) -> Source:
    """Return stored content as something to look into."""

    def opener(digest: str) -> Callable[[], Any]:
        return lambda: context.blobs.open(digest)

    files = [(f.path, f.size, opener(f.digest)) for f in content.files]
    return Source.from_files(content.name, content.kind, files)


def check_safe(content: Content, inspection: Inspection, path: Path) -> None:
    """Check that a version may have this content.

    Raises:
        Unsafe: The verdict is ``dangerous`` or ``incomplete``.
    """
    if inspection.verdict not in ("dangerous", "incomplete"):
        return
    error = Unsafe(
        f"{content.name} is not safe"
        if inspection.verdict == "dangerous"
        else f"{content.name} could not be looked at to the end",
        why=_reason(inspection),
        observed=inspection.verdict,
        hint="Save the model in a format that holds no code, such as safetensors or ONNX.",
        subject=str(path),
    )
    error.inspection = inspection
    raise error


def _reason(inspection: Inspection) -> str:
    wanted = "dangerous" if inspection.verdict == "dangerous" else "warning"
    graver = [f for f in inspection.findings if f.severity == wanted]
    return safe(f"{graver[0].detail} ({graver[0].rule})") if graver else "the scan says so"
