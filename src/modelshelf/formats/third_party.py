"""Other people's inspectors, which installed packages declare: found, checked and fenced in.

They are declared in the entry point group ``modelshelf.inspectors``, each a callable without
arguments that returns an inspector. docs/inspectors.md is written for their authors.

Who installs a package trusts its code; the files that its inspector is then shown are not
trusted. So an inspector of others adds to what ours see and takes nothing away:

* It is never surer than ours that are ``CERTAIN``: of equals ours come first.
* What ours recognise by the bytes is looked into by ours as well. Their findings stay, and the
  worst verdict counts. A folder's files are looked into in any case.
* Whatever it raises becomes a finding, and where it fails to sniff it is as if it were not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.bounding import bounded
from modelshelf.formats.interface import (
    CERTAIN,
    LAST,
    NAMED,
    Extent,
    Inspector,
    Measuring,
    Needing,
    Placed,
    Weighing,
)
from modelshelf.formats.looking import HEAD, choose, look
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import Cut

GROUP = "modelshelf.inspectors"
_ASKED = ("sniff", "inspect")
# What ours say of files that they do not know, which the other inspector does; and what is said
# once of every folder.
_NOT_SAID = frozenset({"unknown.format", "archive.unread", "folder.missing"})


@dataclass(frozen=True, slots=True)
class Found:
    """What the installed packages declare.

    Attributes:
        inspectors: Those that could be made.
        notices: One for each that could not.
    """

    inspectors: tuple[Inspector, ...]
    notices: tuple[Finding, ...]


def find() -> Found:
    """Return the inspectors that installed packages declare; importing them runs their code."""
    inspectors: list[Inspector] = []
    notices: list[Finding] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        try:
            inspectors.append(_made(entry))
        except Exception as error:  # noqa: BLE001 - one bad package must not break the others
            detail = f"{entry.value!r} gives no inspector: {type(error).__name__}: {error}"
            notices.append(say.info("inspector.unusable", entry.name, detail))
    return Found(tuple(inspectors), tuple(notices))


def _made(entry: EntryPoint) -> Inspector:
    """Return the inspector of an entry point; whatever is wrong with it is raised."""
    maker: Callable[[], object] = entry.load()
    made = maker()
    name, kind = getattr(made, "name", None), getattr(made, "kind", None)
    if not isinstance(name, str) or not name.isidentifier():
        raise TypeError("its name is not one word")
    if kind not in {"file", "folder"}:
        raise TypeError("its kind is neither file nor folder")
    for method in _ASKED:
        if not callable(getattr(made, method, None)):
            raise TypeError(f"it has no method {method}")
    return cast("Inspector", made)  # as was just checked


@dataclass(frozen=True, slots=True)
class Fenced:
    """An inspector of others, held to the rules above.

    Attributes:
        inner: The inspector.
        ours: Our own inspectors, which look as well.
    """

    inner: Inspector
    ours: tuple[Inspector, ...]

    @property
    def name(self) -> str:
        """The family in one word."""
        return self.inner.name

    @property
    def kind(self) -> ContentKind:
        """The kind of source it looks into."""
        return self.inner.kind

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: its own answer, or 0 when it fails."""
        try:
            return max(0, min(int(self.inner.sniff(head, source)), CERTAIN))
        except Exception:  # noqa: BLE001 - a family that cannot be sniffed is not there
            return 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`: what it finds, and what ours find besides."""
        found = self.inner.inspect(source)
        if not isinstance(found, Inspection):
            raise TypeError(f"it returned {type(found).__name__} and no inspection")
        found = bounded(found)  # which fails here, and not later, when a field is of another type
        own = self._ours(source)
        kept = tuple(each for each in own.findings if each.rule not in _NOT_SAID)
        finished = own.verdict != "incomplete"
        return replace(
            found,
            findings=(*found.findings, *kept),
            verdict=say.worst((found.verdict, say.judge(kept, finished=finished))),
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`; nothing when it does not measure, or fails to."""
        try:
            extent = self.inner.extent(source) if isinstance(self.inner, Measuring) else None
        except Cut:
            raise
        except Exception:  # noqa: BLE001 - a length that cannot be told is not waited for
            return Extent()
        return extent if isinstance(extent, Extent) else Extent()

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`; none when it does not weigh."""
        for each in self.inner.tensors(source) if isinstance(self.inner, Weighing) else ():
            if not isinstance(each, Placed):
                raise TypeError(f"it returned {type(each).__name__} and no place of a tensor")
            yield each

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`; nothing when it does not say."""
        return tuple(self.inner.needs(source)) if isinstance(self.inner, Needing) else ()

    def _ours(self, source: Source) -> Inspection:
        """Return what ours find; nothing where only the name makes it a file of theirs."""
        best = choose(source, self.ours)
        only_named = self.kind == "file" and LAST < best.sniff(source.head(HEAD), source) <= NAMED
        return Inspection(best.name) if only_named else look(source, (best,))
