"""Subjects: which models a call is about, for rights that are limited to some models."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from modelshelf.catalog import subjects as catalog
from modelshelf.catalog.reader import Reader
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.names import parse_reference
from modelshelf.domain.text import accept
from modelshelf.domain.things import parse_thing

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.registry.context import Context
    from modelshelf.registry.rights import Kind

_PATTERN_MOST = 1_000
_NUMBER_MOST = 2**63 - 1


def models_of(context: Context, subjects: Iterable[Any], kind: Kind) -> frozenset[str]:
    """Return the present names of the models that ``subjects`` are about.

    A model that does not exist yet goes by the name given. Nothing is returned when one of them is
    about the registry as a whole. Of things of the lineage, those that are no version belong to
    nobody: beside a version they do not count.

    Args:
        context: The registry; asked as it is now, whatever its moment.
        subjects: What a caller gave: text, numbers, or lists of them; ``None`` for what was not.
        kind: What they are; see :func:`~modelshelf.registry.rights.right`.

    Raises:
        Invalid: A reference cannot be read.
        NotFound: No version has such a digest.
    """
    live, found = context.database.reader(), set[str]()
    for subject in subjects:
        if subject is None:
            continue
        several = isinstance(subject, list | tuple | set | frozenset)
        if kind == "thing" and _is_no_version(live, subject):
            continue
        abouts = [_about(live, one, kind) for one in (subject if several else (subject,))]
        if not all(abouts) or not abouts:
            return frozenset()
        found.update(*abouts)
    return frozenset(found)


def _about(live: Connection, subject: Any, kind: Kind) -> frozenset[str]:  # noqa: ANN401 - as given
    if kind in ("version", "request", "entry"):
        return _of_number(live, subject, kind)
    if not isinstance(subject, str):
        return frozenset()
    if kind == "models":
        pattern = accept("pattern", subject, most=_PATTERN_MOST)
        return frozenset(n for n in catalog.names(live) if fnmatchcase(n, pattern))
    reference = parse_reference(subject)
    if reference.kind != "digest":
        return frozenset({catalog.now_called(live, reference.model)})
    models = catalog.of_digest(live, reference.digest)
    if not models:
        raise NotFound(f"no version has a digest that begins {reference.digest}", subject=subject)
    return models


def _is_no_version(live: Connection, thing: Any) -> bool:  # noqa: ANN401 - as given
    """Whether a thing of the lineage is written so that it cannot be a version."""
    if not isinstance(thing, str) or parse_thing(thing) is None:
        return False
    try:
        Reader(live, ()).find(parse_reference(thing))  # a model may be called "run", or was
    except (Invalid, NotFound):
        return True
    return False


def _of_number(live: Connection, number: Any, kind: Kind) -> frozenset[str]:  # noqa: ANN401
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= _NUMBER_MOST:
        return frozenset()
    if kind == "version":
        return catalog.of_versions(live, [number])
    return (catalog.of_request if kind == "request" else catalog.of_entry)(live, number)
