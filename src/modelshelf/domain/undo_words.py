"""What is said when an entry cannot be taken back."""

from __future__ import annotations

SKIPPED = frozenset(
    {
        "policy.recorded",
        "gate.ran",
        "version.scanned",
        "content.relocated",
        "promotion.refused",
        "request.expired",
        "stage.renamed",
        "version.reproduced",
        "version.probed",
    }
)
"""Events that are no change a person decided on; an undo without a number passes them over."""

_POLICY = ("it only says what modelshelf.toml said", "Edit modelshelf.toml.")
_MEASURED = ("it only says what was found", "")
_ASKED = ("an answer to a request stands", "Open a new request.")
_QUARANTINE = ("what was decided about the quarantine stands", "See modelshelf inbox.")
_REGISTERED = (
    "a registration stands, because its number is never given again",
    "Use modelshelf yank or modelshelf archive for the version.",
)
NEVER: dict[str, tuple[str, str]] = {
    "registry.created": ("it made the registry", ""),
    "policy.recorded": _POLICY,
    "stage.renamed": _POLICY,
    "bytes.freed": ("the bytes are gone", "Register the file again."),
    "model.created": _REGISTERED,
    "version.registered": _REGISTERED,
    "version.scanned": _MEASURED,
    "gate.ran": _MEASURED,
    "content.relocated": _MEASURED,
    "globals.approved": (
        "what was vouched for may hold stages by now",
        "Use modelshelf yank for the versions that use it.",
    ),
    "promotion.refused": ("it changed nothing", ""),
    "request.opened": ("a request stands until it is decided", "Withdraw it instead."),
    "request.approved": _ASKED,
    "request.rejected": _ASKED,
    "request.withdrawn": _ASKED,
    "request.expired": _ASKED,
    "lineage.rejected": (
        "a suggestion is rejected for good",
        "If the link is right after all, add it: modelshelf link.",
    ),
    "version.reproduced": _MEASURED,
    "version.probed": _MEASURED,
    "artifact.quarantined": _QUARANTINE,
    "artifact.released": _QUARANTINE,
    "artifact.discarded": _QUARANTINE,
}
NO_WAY = ("nothing is known that would undo it", "")
