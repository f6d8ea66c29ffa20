"""Walks the groups of an HDF5 file: every object once, and every link that leaves the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from modelshelf.formats.hdf5 import superblock
from modelshelf.formats.hdf5.attributes import Attribute, read_attributes
from modelshelf.formats.hdf5.dataset import Dataset, read_dataset
from modelshelf.formats.hdf5.header import Kind, first, read_messages
from modelshelf.formats.hdf5.heaps import GlobalHeap
from modelshelf.formats.hdf5.links import Link, read_links
from modelshelf.formats.hdf5.storage import NotRead, Storage, check_end
from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import LimitReached

_MOST_OBJECTS = 200_000
_DEEPEST = 200
_LONGEST_PATH = 4_096


@dataclass(frozen=True, slots=True)
class Item:
    """One object of the tree.

    Attributes:
        path: Its first path, without a slash in front; empty for the root group.
        attributes: Its attributes.
        dataset: What is known about it when it is a dataset.
        outside: Links of this group that lead to other files.
    """

    path: str
    attributes: tuple[Attribute, ...]
    dataset: Dataset | None
    outside: tuple[Link, ...] = ()


class Tree:
    """One open HDF5 file."""

    def __init__(self, reader: Reader) -> None:
        """Read the superblock.

        Raises:
            Malformed: It breaks a rule.
            Cut: The file is shorter than it says.
        """
        self.superblock = superblock.read(reader)
        check_end(reader, self.superblock.end)
        self.storage: Storage = self.superblock.storage(reader)
        self._heap = GlobalHeap(self.storage)

    def values(self, attribute: Attribute, most: int = 2_000) -> list[str | int | float]:
        """Return what an attribute holds; see :meth:`Attribute.values`."""
        return attribute.values(self.storage, self._heap, most)

    def items(self) -> Iterator[Item]:
        """Yield every object once, a group before what is in it.

        Raises:
            LimitReached: There are more, or they are deeper, than in any honest file.
        """
        waiting = [("", self.superblock.root, 0)]
        seen = {self.superblock.root}
        while waiting:
            path, address, depth = waiting.pop()
            item, links = self._item(path, address)
            yield item
            if links and (depth >= _DEEPEST or len(path) > _LONGEST_PATH):
                raise LimitReached(f"groups are nested more than {_DEEPEST} deep")
            for link in reversed(links):
                if link.header is None or link.header in seen:
                    continue
                seen.add(link.header)
                waiting.append((f"{path}/{link.name}".removeprefix("/"), link.header, depth + 1))
            if len(seen) > _MOST_OBJECTS:
                raise LimitReached(f"more than {_MOST_OBJECTS:,} objects")

    def _item(self, path: str, address: int) -> tuple[Item, list[Link]]:
        messages = read_messages(self.storage, address)
        attributes = tuple(read_attributes(self.storage, messages))
        if first(messages, Kind.LAYOUT) is not None or first(messages, Kind.EXTERNAL) is not None:
            return Item(path, attributes, read_dataset(self.storage, messages)), []
        try:
            links = list(islice(read_links(self.storage, messages), _MOST_OBJECTS + 1))
        except NotRead as error:
            self.storage.unread.add(error.detail)
            links = []
        if len(links) > _MOST_OBJECTS:
            raise LimitReached(f"more than {_MOST_OBJECTS:,} links in one group")
        outside = tuple(link for link in links if link.file)
        return Item(path, attributes, None, outside), links
