"""The superblock of an HDF5 file: where it ends and where its root group is."""

from __future__ import annotations

from dataclasses import dataclass

from modelshelf.formats.hdf5.storage import Fields, Storage
from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import Malformed

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_FIRST_LATER = 512  # without one at the start it lies at 512, 1024, 2048 ... behind foreign bytes
_LAST_LATER = 1 << 30
_SIZES = frozenset({2, 4, 8})
_LONGEST = 8 + 16 + 4 + 5 * 8 + 40
_OLD, _OLD_WITH_CHUNKS, _NEWEST = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Superblock:
    """What a file says of itself as a whole.

    Attributes:
        version: Of the superblock, 0 to 3.
        start: Byte at which it lies, and which the address 0 stands for.
        offsets: Bytes of an address.
        lengths: Bytes of a length.
        end: Number of bytes the whole file has to have.
        root: Address of the root group's header.
        driver: Whether its bytes are spread over several files.
    """

    version: int
    start: int
    offsets: int
    lengths: int
    end: int
    root: int
    driver: bool

    def storage(self, reader: Reader) -> Storage:
        """Return the file by address."""
        return Storage(reader, self.start, self.offsets, self.lengths)


def find(reader: Reader) -> int | None:
    """Return the byte at which the superblock lies, or nothing."""
    at = 0
    while at + len(SIGNATURE) <= reader.size and at <= _LAST_LATER:
        reader.seek(at)
        if reader.peek(len(SIGNATURE)) == SIGNATURE:
            return at
        at = at * 2 or _FIRST_LATER
    return None


def read(reader: Reader) -> Superblock:
    """Return the superblock.

    Raises:
        Malformed: There is none, or it breaks a rule.
    """
    start = find(reader)
    if start is None:
        raise Malformed("the signature of HDF5 is missing")
    reader.seek(start)
    fields = Fields(reader.peek(_LONGEST), 8, 8)
    fields.skip(len(SIGNATURE))
    version = fields.number(1)
    if version > _NEWEST:
        raise Malformed(f"there is no superblock of version {version}")
    old = version <= _OLD_WITH_CHUNKS
    if old:
        fields.skip(4)
    offsets, lengths = fields.number(1), fields.number(1)
    if offsets not in _SIZES or lengths not in _SIZES:
        raise Malformed(f"addresses of {offsets} and lengths of {lengths} bytes are not used")
    fields.skip({_OLD: 9, _OLD_WITH_CHUNKS: 13}.get(version, 1))
    return _addresses(Fields(fields.rest(), offsets, lengths), version, start, offsets, lengths)


def _addresses(fields: Fields, version: int, start: int, offsets: int, lengths: int) -> Superblock:
    base = fields.place()
    driver = False
    fields.address()  # of free space, or of an extension
    end = fields.place()
    if version <= _OLD_WITH_CHUNKS:
        driver = fields.address() is not None
        fields.address()  # the root's name, which it has none of
    root = fields.place()
    # Where it lies counts; what was put behind other bytes later still names the base it had.
    return Superblock(version, start, offsets, lengths, end + start - base, root, driver)
