"""What is no regular file, and files that no copy would survive."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from tests.formats.builders import safetensors, tensor
from tests.hostile.case import Case, Expected, Stage, lay
from tests.hostile.onnx import INDEX

_SPARSE = 2 * 1024**3 + 1  # more than any process here may take, and than 31 bits count


def _weights(seed: int) -> bytes:
    return safetensors({"w": tensor(0, 4, [1])}, seed.to_bytes(4, "big"))


def _device(path: Path, _: Stage) -> None:
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # as /dev/zero on Linux


def _no_device() -> str:
    return "" if os.geteuid() == 0 else "only root makes devices"


def _no_rights() -> str:
    return "" if os.geteuid() else "root may read everything"


def _fifo(path: Path, _: Stage) -> None:
    os.mkfifo(path)


def _socket(path: Path, _: Stage) -> None:
    # A socket's path may have 107 bytes only, so it is made from its own folder.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _link(path: Path, stage: Stage) -> None:
    path.symlink_to(stage.canary)


def _link_to_folder(path: Path, stage: Stage) -> None:
    path.symlink_to(stage.canary.parent, target_is_directory=True)


def _link_to_nothing(path: Path, _: Stage) -> None:
    path.symlink_to("nothing-there")


def _link_to_itself(path: Path, _: Stage) -> None:
    path.symlink_to(path.name)


def _link_to_device(path: Path, _: Stage) -> None:
    path.symlink_to("/dev/zero")


def _link_to_proc(path: Path, _: Stage) -> None:
    path.symlink_to("/proc/self/environ")


def _link_to_parent(path: Path, _: Stage) -> None:
    path.symlink_to("..", target_is_directory=True)


def _hard_link(path: Path, stage: Stage) -> None:
    other = stage.canary.parent / "other.safetensors"
    other.write_bytes(_weights(9_001))
    os.link(other, path)


def _unreadable(path: Path, _: Stage) -> None:
    path.write_bytes(_weights(9_002))
    path.chmod(0)


def _empty(path: Path, _: Stage) -> None:
    path.touch()


def _sparse(path: Path, _: Stage) -> None:
    with path.open("wb") as out:
        out.truncate(_SPARSE)


def _program(path: Path, _: Stage) -> None:
    path.write_bytes(_weights(9_003))
    path.chmod(0o6755)


def _ancient(path: Path, _: Stage) -> None:
    path.write_bytes(_weights(9_004))
    os.utime(path, (0, 0))


def _future(path: Path, _: Stage) -> None:
    path.write_bytes(_weights(9_005))
    os.utime(path, (32_503_680_000, 32_503_680_000))  # the year 3000


def _deep(path: Path, _: Stage) -> None:
    inner = path.joinpath(*["d"] * 70)
    inner.mkdir(parents=True)
    (inner / "m.safetensors").write_bytes(_weights(9_006))


def _inside(make: Callable[[Path, Stage], None]) -> Callable[[Path, Stage], None]:
    """Put something into a folder artifact."""

    def made(path: Path, stage: Stage) -> None:
        lay(path, {**INDEX, "m.safetensors": _weights(9_007)}, stage)
        make(path / "weights.bin", stage)

    return made


def _object(
    id_: str,
    make: Callable[[Path, Stage], None],
    expected: Expected = "ignored",
    *,
    name: str = "m.safetensors",
    by_hand: Expected | None = None,
    skip: Callable[[], str] = str,
) -> Case:
    return Case(f"object-{id_}", name, make, expected, by_hand=by_hand, skip=skip)


def _part(id_: str, make: Callable[[Path, Stage], None]) -> Case:
    return Case(f"object-inside-{id_}", "run", _inside(make), "refused")


CASES = (
    _object("fifo", _fifo),
    _object("socket", _socket),
    _object("device", _device, skip=_no_device),
    _object("link", _link),
    _object("link-to-folder", _link_to_folder),
    _object("link-to-nothing", _link_to_nothing),
    _object("link-to-itself", _link_to_itself),
    _object("link-to-device", _link_to_device),
    _object("link-to-proc", _link_to_proc),
    _object("link-to-parent", _link_to_parent),
    # A file with two names is a file: it is copied, and the other name cannot reach the copy.
    _object("hard-link", _hard_link, "clean"),
    _object("unreadable", _unreadable, "refused", skip=_no_rights),
    # Dropped, it may be the first sign of a file that is still to come.
    _object("empty", _empty, by_hand="quarantined"),
    Case("object-sparse-2-gb", "m.bin", _sparse, "warning", costly=True),
    _object("set-user-id", _program, "clean"),
    _object("of-1970", _ancient, "clean"),
    _object("of-3000", _future, "clean"),
    # By hand it is one folder, of which no system could make a copy that deep.
    _object("70-folders-deep", _deep, name="d", by_hand="refused"),
    _part("fifo", _fifo),
    _part("socket", _socket),
    _part("link", _link),
    _part("link-to-folder", _link_to_folder),
    _part("link-to-parent", _link_to_parent),
    _part("link-to-itself", _link_to_itself),
    Case("object-inside-device", "run", _inside(_device), "refused", skip=_no_device),
)
