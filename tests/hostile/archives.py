"""Archives that leave, overlap, explode, or mean two things at once."""

from __future__ import annotations

import io
import lzma
import tarfile
import zlib
from functools import cache

from tests.formats.builders import tarred, zipped
from tests.hostile.case import Case, Stage, file
from tests.hostile.pickles import DENIED, mkdir
from tests.hostile.zips import Entry, deflated, lying_zip, wide_end

_LINK = 0o120777
_MALFORMED = "archive.malformed"


def _zip(id_: str, *entries: Entry, rule: str = _MALFORMED) -> Case:
    return file(f"zip-{id_}", "m.zip", lying_zip(entries), rule=rule)


@cache
def _bomb() -> bytes:
    data = bytes(80 * 1024 * 1024)
    return lying_zip([Entry("a", deflated(data), 8, crc=zlib.crc32(data), size=len(data))])


@cache
def _crowd() -> bytes:
    return lying_zip((Entry(f"{number}") for number in range(100_000)), count=0xFFFF)


def _quine(stage: Stage) -> bytes:
    """Two members that share the bytes of one, as the bombs of 2019 do."""
    inner = Entry("a", mkdir(stage))
    return lying_zip([inner, Entry("b", mkdir(stage), offset=0, local_name="b")])


def _wide_lie(stage: Stage) -> bytes:
    """A zip64 end record that knows another directory than the plain one."""
    inner = lying_zip([Entry("a", mkdir(stage))])
    plain = [Entry("b", b"harmless")]
    before = len(lying_zip(plain)) - 22
    return lying_zip(plain, wide=wide_end(1, 47, len(inner), before))


def _tar(info: tarfile.TarInfo, data: bytes = b"") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def _special(id_: str, kind: bytes, rule: str, target: str = "") -> Case:
    info = tarfile.TarInfo("a")
    info.type, info.linkname = kind, target
    return file(f"tar-{id_}", "m.tar", _tar(info), rule=rule)


def _endless_tar() -> bytes:
    info = tarfile.TarInfo("a")
    data = bytearray(_tar(info, b"abc"))
    data[124:136] = b"\x80" + b"\xff" * 11
    data[148:156] = b" " * 8
    data[148:156] = f"{sum(data[:512]):06o}\0 ".encode()
    return bytes(data)


ZIPS = (
    file("zip-bomb", "m.zip", lambda _: _bomb(), rule="zip.bomb"),
    file("zip-100000-members", "m.zip", lambda _: _crowd()),
    _zip("slip", Entry("../../evil.sh", b"x"), rule="zip.path"),
    _zip("slip-inside", Entry("a/../../../evil", b"x"), rule="zip.path"),
    _zip("slip-backslash", Entry("..\\..\\evil", b"x"), rule="zip.path"),
    _zip("absolute", Entry("/etc/cron.d/x", b"x"), rule="zip.path"),
    _zip("drive", Entry("C:\\x", b"x"), rule="zip.path"),
    file("zip-link", "m.zip", lambda s: lying_zip(
        [Entry("weights", str(s.canary).encode(), mode=_LINK)]), rule="zip.link"),
    _zip("encrypted", Entry("a.pkl", b"\x00" * 20, flags=1), rule="zip.encrypted"),
    _zip("strongly-encrypted", Entry("a", b"\x00" * 20, flags=0x41), rule="zip.encrypted"),
    _zip("twice", Entry("a", b"1"), Entry("a", b"2")),
    _zip("two-names", Entry("a.txt", b"1", local_name="a.pkl")),
    _zip("bad-crc", Entry("a", b"1", crc=5), rule="zip.crc"),
    _zip("two-sizes", Entry("a", b"1234", size=2)),
    _zip("outside", Entry("a", b"1", offset=1 << 30)),
    _zip("unknown-method", Entry("a.pkl", b"1", method=99), rule="zip.limit"),
    _zip("lzma-member", Entry("a.pkl", lzma.compress(b"N."), method=14), rule="zip.limit"),
    file("zip-overlap", "m.zip", _quine, rule=_MALFORMED),
    file("zip-prefix", "m.zip", lambda _: b"#!/bin/sh\nexit\n" + zipped({"a": b"1"}),
         rule=_MALFORMED),
    file("zip-tail", "m.zip", zipped({"a": b"1"}) + b"tail", rule=_MALFORMED),
    file("zip-two-ends", "m.zip", zipped({"a": b"1"}) + zipped({"b": b"2"}), rule=_MALFORMED),
    file("zip-count-lies", "m.zip", lying_zip([Entry("a", b"1")], count=7), rule=_MALFORMED),
    file("zip-wide-size-missing", "m.zip", lying_zip([Entry("a", b"1", size=0xFFFFFFFF)])),
    file("zip-wide-lies", "m.zip", _wide_lie, rule=_MALFORMED),
    file("zip-cut", "m.zip", zipped({"a": bytes(400)})[:300], rule=_MALFORMED, waits=True),
    file("zip-empty", "m.zip", zipped({}), "warning", "archive.unread"),
    file("zip-gap", "m.zip", lambda s: lying_zip(
        [Entry("a", b"1", behind=Entry("x", mkdir(s)).local()), Entry("b", b"2")]), "warning",
        "zip.gap"),
    file("zip-code", "m.zip", zipped({"setup.py": b"print()"}), "warning", "archive.code"),
    file("zip-pickle-bad-crc", "m.zip",
         lambda s: lying_zip([Entry("a.pkl", mkdir(s), crc=1)]), rule="zip.crc"),
    file("zip-nested-slip", "m.zip",
         zipped({"a.zip": lying_zip([Entry("../x", b"1")])}), "warning", "zip.nested"),
)  # fmt: skip


OTHERS = (
    _special("link", tarfile.SYMTYPE, "tar.link", "/etc/passwd"),
    _special("hard-link", tarfile.LNKTYPE, "tar.link", "../../x"),
    _special("device", tarfile.CHRTYPE, "tar.special"),
    _special("block-device", tarfile.BLKTYPE, "tar.special"),
    _special("fifo", tarfile.FIFOTYPE, "tar.special"),
    file("tar-slip", "m.tar", tarred({"../../x": b"1"}), rule="tar.path"),
    file("tar-absolute", "m.tar", tarred({"/etc/x": b"1"}), rule="tar.path"),
    file("tar-endless-member", "m.tar", lambda _: _endless_tar()),
    file("tar-cut", "m.tar", tarred({"a": bytes(2_000)})[:1_500], rule=_MALFORMED),
    file("tar-checksum", "m.tar", tarred({"a": b"1"}).replace(b"ustar", b"ustar", 1)[:100]
         + b"x" + tarred({"a": b"1"})[101:], rule=_MALFORMED),
    file("tar-gz-cut", "m.tar.gz", tarred({"a": bytes(20_000)}, "w:gz")[:-20], rule=_MALFORMED),
    file("tar-two-pickles", "m.tar", lambda s: tarred({"a": b"N.", "b": mkdir(s)}), rule=DENIED),
    file("7z", "m.7z", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(60), "warning", "unknown.format"),
    file("rar", "m.rar", b"Rar!\x1a\x07\x01\x00" + bytes(60), "warning", "unknown.format"),
)  # fmt: skip

CASES: tuple[Case, ...] = (*ZIPS, *OTHERS)
