"""PyTorch files whose zip, pickles or storages lie."""

from __future__ import annotations

import pickle
import struct
import zlib
from collections.abc import Callable

from tests.formats.builders import STATE, long_text, stored_tensor, torch_legacy, torch_zip, zipped
from tests.hostile.case import Case, Stage, file
from tests.hostile.pickles import DENIED, mkdir
from tests.hostile.zips import Entry, deflated, lying_zip

_WEIGHTS = struct.pack("<6f", *range(6))
_LABELS = struct.pack("<2q", 1, 2)


def _members(root: bytes = STATE) -> list[Entry]:
    return [
        Entry("archive/data.pkl", root),
        Entry("archive/data/0", _WEIGHTS),
        Entry("archive/data/1", _LABELS),
        Entry("archive/version", b"3\n"),
    ]


def _with(change: Callable[[Stage], list[Entry]]) -> Callable[[Stage], bytes]:
    return lambda stage: lying_zip(change(stage))


def _tensor(kind: str, key: str, shape: tuple[int, ...]) -> bytes:
    return b"\x80\x02}(" + long_text("w") + stored_tensor(kind, key, shape) + b"u."


def _legacy(stage: Stage) -> bytes:
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    parts = [magic, pickle.dumps(1001, 2), pickle.dumps({}, 2), mkdir(stage), pickle.dumps([], 2)]
    return b"".join(parts)


def _script(code: bytes) -> bytes:
    return zipped(
        {
            "m/data.pkl": b"\x80\x02c__torch__\nNet\n)\x81}b.",
            "m/code/__torch__.py": code,
            "m/constants.pkl": b"\x80\x02).",
            "m/version": b"3\n",
        }
    )


CASES: tuple[Case, ...] = (
    file("torch-payload", "m.pt", lambda s: torch_zip(root=mkdir(s)), rule=DENIED),
    file("torch-extra-pickle", "m.pt", lambda s: torch_zip({"archive/extra.bin": mkdir(s)}),
         rule=DENIED),
    file("torch-payload-as-storage", "m.pt", lambda s: torch_zip({"archive/data/2": mkdir(s)}),
         rule=DENIED),
    file("torch-renamed-pickle", "m.pt", lambda s: zipped({"archive/data.pkx": mkdir(s)}),
         rule=DENIED),
    file("torch-second-root", "m.pt", lambda s: torch_zip({"other/data.pkl": mkdir(s)}),
         rule=DENIED),
    file("torch-bad-crc", "m.pt", _with(
        lambda s: [Entry("archive/data.pkl", mkdir(s), crc=1), *_members()[1:]]),
        rule="zip.crc"),
    file("torch-storage-bad-crc", "m.pt", _with(
        lambda _: [*_members()[:1], Entry("archive/data/0", _WEIGHTS, crc=1), *_members()[2:]]),
        rule="zip.crc"),
    file("torch-encrypted-flag", "m.pt", _with(
        lambda s: [Entry("archive/data.pkl", mkdir(s), flags=1), *_members()[1:]]),
        rule="zip.encrypted"),
    file("torch-two-names", "m.pt", _with(
        lambda s: [Entry("archive/data.pkl", mkdir(s), local_name="archive/data.txt")]),
        rule="torch.malformed"),
    file("torch-data-twice", "m.pt", _with(
        lambda s: [*_members(), Entry("archive/data.pkl", mkdir(s))]), rule="torch.malformed"),
    file("torch-pickle-prefix", "m.pt", lambda s: mkdir(s) + torch_zip(), rule=DENIED),
    file("torch-prefix", "m.pt", b"\x89PNG\r\n\x1a\n" + torch_zip(),
         rule="unknown.hidden_zip"),
    file("torch-tail", "m.pt", lambda s: torch_zip() + mkdir(s), rule="torch.malformed"),
    file("torch-two-zips", "m.pt", lambda s: torch_zip() + torch_zip(root=mkdir(s)),
         rule=".malformed"),
    file("torch-wide-size-missing", "m.pt", _with(
        lambda _: [*_members(), Entry("archive/data/9", b"1", size=0xFFFFFFFF)]),
        rule="torch.malformed"),
    file("torch-storage-missing", "m.pt", torch_zip(root=_tensor("FloatStorage", "7", (2,))),
         rule="torch.malformed"),
    file("torch-storage-too-short", "m.pt", torch_zip(root=_tensor("DoubleStorage", "0", (9,))),
         rule="torch.malformed"),
    file("torch-deflated", "m.pt", _with(lambda _: [
        *_members()[:1],
        Entry("archive/data/0", deflated(_WEIGHTS), 8, crc=zlib.crc32(_WEIGHTS), size=24),
        *_members()[2:]]), "warning", "pickle.can_execute"),
    file("torch-cut", "m.pt", torch_zip()[:-40], rule="torch.malformed", waits=True),
    file("torch-slip", "m.pt", _with(lambda _: [*_members(), Entry("archive/../../x", b"1")]),
         rule="zip.path"),
    file("torch-code-member", "m.pt", torch_zip({"archive/evil.py": b"import os"}), "warning"),
    file("torch-honest", "m.pt", torch_zip(), "warning", "pickle.can_execute"),
    file("torchscript", "m.pt", _script(b"class Net(Module):\n  pass\n"), "warning"),
    file("torchscript-payload", "m.pt", lambda s: zipped({
        "m/data.pkl": mkdir(s), "m/code/__torch__.py": b"", "m/constants.pkl": b"\x80\x02).",
        "m/version": b"3\n"}), rule=DENIED),
    file("torch-legacy-payload", "m.pt", _legacy, rule=DENIED),
    file("torch-legacy-sixth-stream", "m.pt", lambda s: torch_legacy(mkdir(s)),
         rule="torch.malformed"),
    file("torch-legacy-cut", "m.pt", torch_legacy()[:-8], rule="torch.malformed"),
    file("torch-legacy-magic-only", "m.pt", torch_legacy()[:15]),
)  # fmt: skip
