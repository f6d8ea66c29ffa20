"""What an inspector of one family of model files must offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Inspection
from modelshelf.formats.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

CERTAIN = 100  # the bytes say so, and nothing else looks like this
LIKELY = 80  # the structure was followed for a while and fits
NAMED_CONTAINER = 60  # the name says so, and the container is the one that its family uses
CONTAINER = 50  # the container is known, the content is not
NAMED = 40  # only the name says so: worth an attempt, and a malformed file stays of its family
LAST = 1  # anything at all


class Inspector(Protocol):
    """Looks into one family of files without ever loading them.

    Attributes:
        name: The family in one word; its findings' rules start with it.
        kind: Whether it looks into single files or folders.
    """

    @property
    def name(self) -> str:
        """The family in one word."""
        ...

    @property
    def kind(self) -> ContentKind:
        """The kind of source it looks into."""
        ...

    def sniff(self, head: bytes, source: Source) -> int:
        """Return how sure it is that the source is of its family, 0 (not) to 100.

        Args:
            head: The first 64 KiB of a file; empty for a folder.
            source: The source, whose name may break a tie but never decides against the bytes.
        """
        ...

    def inspect(self, source: Source) -> Inspection:
        """Return what is inside.

        Raises:
            Malformed: The bytes break a rule of the format.
            LimitReached: An honest model would not need that much.
            Exception: Whatever else a parser meets; the caller turns it into a finding.
        """
        ...


@dataclass(frozen=True, slots=True)
class Extent:
    """How long a file should be by its own account.

    Attributes:
        expected: The length its header promises, where one does.
        whole: False when it is certainly cut short, True when it is certainly not, else None.
    """

    expected: int | None = None
    whole: bool | None = None


@runtime_checkable
class Measuring(Protocol):
    """An inspector whose family tells the length of its files."""

    def extent(self, source: Source) -> Extent:
        """Return the length the file itself promises; raises as :meth:`Inspector.inspect`."""
        ...


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one stored tensor lies.

    Attributes:
        name: As the file names it.
        dtype: Element type in NumPy spelling, or the format's own word.
        shape: Sizes.
        file: The file of the source that holds its elements, by path.
        start: First byte of its elements in that file; -1 where they are not stored plainly
            (row-major, little-endian, uncompressed, in one piece).
        length: Number of bytes.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What looking found, and where the tensors lie."""

    inspection: Inspection
    placed: tuple[Placed, ...] = ()


@runtime_checkable
class Weighing(Protocol):
    """An inspector whose family stores tensors and says where."""

    def tensors(self, source: Source) -> Iterable[Placed]:
        """Return where the tensors lie, in the file's order; raises as :meth:`Inspector.inspect`.

        Only headers are read, so that the digests can be taken from the one read that stores it.
        """
        ...


@runtime_checkable
class Needing(Protocol):
    """An inspector whose family names, in one of its files, the other files that belong to it."""

    def needs(self, source: Source) -> tuple[str, ...]:
        """Return relative POSIX paths of the other files it names, there or not, sorted.

        For a folder they are relative to it; for a file, to the folder it lies in. Only safe
        relative names are returned, never one that leads out. Raises as :meth:`Inspector.inspect`.
        """
        ...
