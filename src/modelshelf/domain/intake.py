"""The rules of drop folders: what lies there, is it finished, and which model does it belong to.

Nothing here looks at a disk or a clock. The registry's intake looks, asks here, and does as told.
"""

from __future__ import annotations

import fnmatch
import json
import re
import unicodedata
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Literal

from modelshelf.domain.policy import DropFolder

State = Literal["waiting", "taken", "same", "refused", "ignored"]

TAKING = "it is being taken in"
"""The reason of a waiting sighting whose registration has begun; a crash leaves it behind."""

RETRY_S = (0.0, 60.0, 300.0, 1800.0)
"""Seconds of stillness asked for after 0, 1, 2, 3 and more failures of the machine."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What tells one state of a dropped file or folder from the next without reading it.

    Attributes:
        folder: Whether it is a folder artifact.
        size: Bytes; of a folder the sum of its files.
        mtime_ns: Last write, nanoseconds; of a folder the latest of its files.
        ctime_ns: Last change of bytes or facts, nanoseconds, likewise; 0 where the system has none.
        inode: The file or folder on its device.
        device: The file system.
        files: How many files it has.
        tree: Names the state of all files of a folder; empty for a file.
        companions: Names the state of its sidecar and card; empty without them.
        around: Names the state of the unknown folder it lies in, which may turn out to be a folder
            artifact itself; empty where that cannot be.
    """

    folder: bool
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int
    files: int = 1
    tree: str = ""
    companions: str = ""
    around: str = ""

    @property
    def alone(self) -> Seen:
        """The same without its surroundings: what it is, not where it waits."""
        return replace(self, around="")

    def text(self) -> str:
        """Return the form in which the ledger keeps it."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read_seen(text: str) -> Seen | None:
    """Return what :meth:`Seen.text` wrote; ``None`` for the text of another release."""
    try:
        return Seen(**json.loads(text))
    except (ValueError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was found in a drop folder and what became of it.

    Attributes:
        path: Relative to the registry if it lies inside it, else absolute; see :func:`escape_path`.
        state: ``waiting`` to be finished; ``taken`` as a version; ``same`` content as a version
            that was there already; ``refused`` until it or its sidecar changes; ``ignored``,
            because it is no artifact.
        reason: Why, as a clause or a sentence; may be empty when taken.
        reference: The version, when ``taken`` or ``same``; else empty.
        at: UTC. For a waiting one, since when it has been still.
    """

    path: str
    state: State
    reason: str
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SweepReport:
    """One look at all drop folders.

    Attributes:
        taken: Registered by this sweep.
        same: Found by this sweep to be a version already.
        waiting: Not finished yet.
        refused: Lying there and refused, by this sweep or an earlier one.
        ignored: Lying there and no artifact.
    """

    taken: tuple[Sighting, ...] = ()
    same: tuple[Sighting, ...] = ()
    waiting: tuple[Sighting, ...] = ()
    refused: tuple[Sighting, ...] = ()
    ignored: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True)
class Before:
    """What the ledger remembers of a candidate.

    Attributes:
        state: Its state.
        seen: The identity that the state refers to; ``None`` when it cannot be read.
        still: Seconds since then; negative when the clock was put back.
        failures: How often the machine failed to take exactly this in.
    """

    state: State
    seen: Seen | None
    still: float
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet; ``restart`` when the stillness is counted from now."""

    reason: str
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Take:
    """It is finished."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """It is no artifact."""

    reason: str


@dataclass(frozen=True, slots=True)
class Leave:
    """It was dealt with and has not changed; nothing is to be done."""


@dataclass(frozen=True, slots=True)
class PutAway:
    """It was taken in, and a crash came before it was put away."""


Decision = Wait | Take | Ignore | Leave | PutAway


def decide(
    rule: DropFolder,
    now: Seen,
    before: Before | None,
    *,
    pending: str = "",
    expected_size: int | None = None,
) -> Decision:
    """Return what is to be done with one candidate.

    Args:
        rule: The rule of its drop folder.
        now: What it is now.
        before: What the ledger remembers of the same path.
        pending: What it still waits for, such as a half-written sidecar; empty for nothing.
        expected_size: The length in bytes that its own header promises, when it has such a header.
    """
    done = _dealt_with(rule, now, before)
    if done is not None:
        return done
    wait = _restless(rule, now, before)
    if wait is not None:
        return wait
    if pending:
        return Wait(pending)
    if expected_size is not None and now.size < expected_size:
        return Wait(f"its header promises {expected_size:,} bytes, {now.size:,} are there")
    return Ignore("it is empty") if now.size == 0 else Take()


def _dealt_with(rule: DropFolder, now: Seen, before: Before | None) -> Leave | PutAway | None:
    if before is None or before.seen != now.alone:
        return None
    if before.state == "refused":
        return Leave()
    if before.state in ("taken", "same"):
        return PutAway() if rule.keep == "move" else Leave()
    return None


def _restless(rule: DropFolder, now: Seen, before: Before | None) -> Wait | None:
    failures = 0 if before is None or before.seen != now else before.failures
    settle = rule.settle_folder if now.folder or now.around else rule.settle
    needed = max(settle, RETRY_S[min(failures, len(RETRY_S) - 1)])
    still = f"it must lie still for {needed:g} s"
    if before is None or before.seen is None:
        return Wait(still, restart=True)
    if before.seen != now:
        return Wait("it is still changing", restart=True)
    if before.still < 0:
        return Wait("the clock was put back", restart=True)
    return Wait(still) if before.still < needed else None


_PLACEHOLDER = re.compile(r"\{(folder|stem)\}")


def model_for(rule: DropFolder, relative: PurePosixPath, *, folder: bool = False) -> str | None:
    """Return the name of the model an artifact belongs to, unchecked; ``None`` if none follows.

    Args:
        rule: The rule of the drop folder; ``{folder}`` stands for all folders between it and the
            artifact, ``{stem}`` for the artifact's name without its suffix.
        relative: The artifact, relative to the drop folder.
        folder: Whether it is a folder artifact. One that lies directly in the drop folder has no
            folder above it and lends its own name.
    """
    plain = folder and not relative.name.lower().endswith(_PACKAGE)
    stem = relative.name if plain else relative.stem
    between = "/".join(relative.parts[:-1]) or (stem if folder else "")
    if not between and "{folder}" in rule.model:
        return None
    values = {"folder": between, "stem": stem}
    return _PLACEHOLDER.sub(lambda match: values[match[1]], rule.model)


_UNFINISHED = (
    ".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".aria2", ".filepart",
    ".swp", ".swx",
)  # fmt: skip
_LEFTOVERS = frozenset({"thumbs.db", "desktop.ini", "__pycache__", "lost+found"})
# rsync writes .NAME.XXXXXX; six small letters alone are more likely somebody's configuration.
_RSYNC = re.compile(r"\..+\.(?=[A-Za-z]*[A-Z0-9])[A-Za-z0-9]{6}")


def is_unfinished(name: str) -> bool:
    """Whether programs give such a name to what they are still writing."""
    lower = name.lower()
    return lower.endswith(_UNFINISHED) or ".incomplete" in lower or bool(_RSYNC.fullmatch(name))


def is_temporary(name: str) -> str:
    """Return why a file or folder of this name is passed over; empty when it is not."""
    if is_unfinished(name):
        return "its name says that it is still being written"
    if name.startswith((".", "~$")) or name.endswith("~") or name.lower() in _LEFTOVERS:
        return "its name says that it is hidden or was left behind by a program"
    return ""


CARD = "readme.md"
_PACKAGE = ".mlpackage"
INSIDE = ("modelshelf.json", "modelshelf.yaml", "modelshelf.yml")
"""Names of the sidecar inside a folder artifact."""

_INDEXES = frozenset({"MLmodel", "saved_model.pb", "model_index.json", *INSIDE})
_CONFIGS = frozenset({"config.json", "adapter_config.json"})
_WEIGHTS = (".safetensors", ".safetensors.index.json", ".bin")


def is_folder_artifact(name: str, holds: Collection[str]) -> bool:
    """Whether a folder is one artifact, and not a namespace with artifacts in it.

    Args:
        name: The folder's name.
        holds: The names directly in it.
    """
    if name.lower().endswith(_PACKAGE) or not _INDEXES.isdisjoint(holds):
        return True
    return not _CONFIGS.isdisjoint(holds) and any(n.endswith(_WEIGHTS) for n in holds)


_SIDECARS = (".json", ".yaml", ".yml")
# A suffix of a model file: NAME.onnx.json is then the sidecar of a file that has yet to come, while
# NAME.json alone may be a model (XGBoost writes such files).
_MODEL_FILES = (
    "bin", "bst", "cbm", "ckpt", "dill", "engine", "gguf", "h5", "hdf5", "joblib", "keras", "lgb",
    "llamafile", "mlmodel", "model", "npy", "npz", "onnx", "pb", "pickle", "pkl", "pmml", "pt",
    "pt2", "pth", "safetensors", "skops", "tflite", "torchscript", "txt", "ubj", "xgb", "zip",
)  # fmt: skip
_ORPHANS = tuple(f"*.{suffix}.json" for suffix in _MODEL_FILES)
_DOCUMENTS = (
    "*.md", "*.rst", "*.yaml", "*.yml", "license*", "notice*", "copying*", "changelog*",
    "requirements*.txt",
)  # fmt: skip


def sidecars_of(name: str, beside: Collection[str]) -> tuple[str, ...]:
    """Return which of the names ``beside`` are sidecars of the artifact ``name``."""
    return tuple(name + suffix for suffix in _SIDECARS if name + suffix in beside)


def sidecar_pending(name: str, beside: Collection[str]) -> bool:
    """Whether a sidecar of ``name`` is just being written under a temporary name."""
    starts = tuple(f"{dot}{name}{suffix}" for dot in ("", ".") for suffix in _SIDECARS)
    return any(other.startswith(starts) and is_unfinished(other) for other in beside)


def accompanies(name: str, beside: Collection[str]) -> bool:
    """Whether ``name`` is the sidecar of something that lies beside it."""
    return any(name.endswith(s) and name.removesuffix(s) in beside for s in _SIDECARS)


def is_document(name: str) -> str:
    """Return why a file of this name is no model by itself; empty when it may be one."""
    lower = name.lower()
    if lower == CARD:
        return "it is the model card of what is dropped beside it"
    if any(fnmatch.fnmatchcase(lower, pattern) for pattern in _ORPHANS):
        return f"it is a sidecar, and {name.rsplit('.', 1)[0]!r} is not beside it"
    if any(fnmatch.fnmatchcase(lower, pattern) for pattern in _DOCUMENTS):
        return "it is a document, not a model"
    return ""


_ESCAPE = re.compile(r"\\(?:\\|x([0-9a-f]{2})|u([0-9a-f]{4}))")


def escape_path(path: str) -> str:
    r"""Return a path as text that any database and terminal can hold, and that leads back to it.

    A byte that is no UTF-8 becomes ``\xff``, a control or half character ``\x1b`` or ``\u0085``, a
    backslash two.
    """
    if path.isascii() and path.isprintable() and "\\" not in path:
        return path
    return "".join(map(_escaped, path))


def _escaped(char: str) -> str:
    point = ord(char)
    if char == "\\":
        return "\\\\"
    if 0xDC80 <= point <= 0xDCFF:  # noqa: PLR2004 - a byte that was no UTF-8, as the system hands it over
        return f"\\x{point - 0xDC00:02x}"
    if unicodedata.category(char) in ("Cc", "Cs"):
        return f"\\x{point:02x}" if char.isascii() else f"\\u{point:04x}"
    return char


def unescape_path(text: str) -> str:
    """Return the path that :func:`escape_path` was given."""
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    if match[2]:
        return chr(int(match[2], 16))
    if match[1]:
        byte = int(match[1], 16)
        return chr(byte) if byte < 0x80 else chr(0xDC00 + byte)  # noqa: PLR2004 - ASCII is its own character
    return "\\"
