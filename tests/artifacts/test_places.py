"""Facts about file systems, from lines of ``mountinfo`` and from the machine at hand."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from modelshelf.artifacts import (
    free_bytes,
    fsync_folder,
    network_filesystem,
    places,
    same_filesystem,
    supports_clone,
    syscalls,
    world_writable,
)
from modelshelf.artifacts.places import filesystem_of
from modelshelf.domain.errors import NotFound
from tests.artifacts.scenes import names_in

MOUNTS = rb"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:30 / /mnt/team rw - nfs4 server:/x rw,vers=4.2
31 22 0:31 / /mnt/team/local rw - xfs /dev/sdb rw
32 22 0:32 / /mnt/with\040space rw - cifs //server/share rw
33 22 0:33 / /mnt/twice rw - ext4 /dev/sdc rw
34 22 0:34 / /mnt/twice rw - fuse.sshfs ana@host:/ rw
35 22 0:35 / /mnt/caf\303\251 rw master:1 propagate_from:2 - 9p share rw
garbage
36 22 0:36 / /mnt/broken rw -
""".splitlines()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/home/ana", "ext4"),
        ("/mnt/team", "nfs4"),
        ("/mnt/team/models/x", "nfs4"),
        ("/mnt/teammates", "ext4"),
        ("/mnt/team/local/x", "xfs"),
        ("/mnt/with space/x", "cifs"),
        ("/mnt/twice/x", "fuse.sshfs"),
        ("/mnt/café/x", "9p"),
        ("/mnt/broken/x", "ext4"),
    ],
)
def test_longest_mount_point_wins(path: str, kind: str) -> None:
    """The deepest mount holds the path; of two on one point the later; escapes are read."""
    assert filesystem_of(path, MOUNTS) == kind


def test_no_mounts_is_no_answer() -> None:
    """Without a line that fits there is no answer."""
    assert filesystem_of("/x", []) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_network_filesystem_is_told_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a file system of the list counts, also for a path that does not exist yet."""
    mounts = tmp_path / "mountinfo"
    monkeypatch.setattr(places, "_MOUNTS", mounts)
    assert network_filesystem(tmp_path) is None
    mounts.write_bytes(b"22 1 254:0 / / rw - ext4 /dev/vda rw\n")
    assert network_filesystem(tmp_path) is None
    mounts.write_bytes(f"22 1 0:1 / {tmp_path.resolve()} rw - nfs4 server:/x rw\n".encode())
    assert network_filesystem(tmp_path / "not" / "yet") == "nfs4"


def test_this_machine_answers(tmp_path: Path) -> None:
    """The real calls work here and leave nothing behind."""
    network_filesystem(tmp_path)
    assert supports_clone(tmp_path) in (True, False)
    assert names_in(tmp_path) == []
    assert free_bytes(tmp_path / "not" / "yet") > 0
    assert same_filesystem(tmp_path, tmp_path.parent)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a second file system")
def test_two_filesystems_differ(tmp_path: Path) -> None:
    """/proc is not where the tests write."""
    assert not same_filesystem(tmp_path, Path("/proc"))


def test_what_does_not_exist_is_not_found(tmp_path: Path) -> None:
    """Facts about nothing are not found."""
    with pytest.raises(NotFound):
        same_filesystem(tmp_path, tmp_path / "nothing")
    with pytest.raises(NotFound):
        world_writable(tmp_path / "nothing")


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_world_writable_is_the_mode(tmp_path: Path) -> None:
    """Anybody may write, sticky or not, or only some may."""
    for mode, answer in ((0o777, True), (0o1777, True), (0o775, False), (0o700, False)):
        tmp_path.chmod(mode)
        assert world_writable(tmp_path) is answer


@pytest.mark.parametrize(("number", "raises"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_only_a_real_error_of_a_folder_sync_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, *, raises: bool
) -> None:
    """EINVAL says that this file system cannot; EIO says that the disk is dying."""

    def fail(_: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(syscalls, "fsync_folder", fail)
    if raises:
        with pytest.raises(OSError, match="error"):
            fsync_folder(tmp_path)
    else:
        fsync_folder(tmp_path)
