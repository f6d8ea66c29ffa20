"""What an event can change of a model, field by field, and what each field is in a state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelshelf.domain import events

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion, RegisteredModel

Field = tuple[str, int, str]
"""One thing an event can change: what it is, the version's id or 0, and its name or nothing."""
Link = events.LineageLinked | events.LineageUnlinked

KEYED = {"metrics": "metric", "params": "param", "tags": "version tag"}
_KEYED = {**KEYED, "metric_sources": "source"}
_FIELD_OF = {"base": "base_id"}
_TEXTS = (
    "description", "card", "datasets", "run", "code", "environment", "bases", "features",
)  # fmt: skip
_CALLED = {"datasets": "data sets", "base_id": "base"}
_WORDS = {
    "description": "the description",
    "owner": "the owner",
    "name": "the name",
    "retired": "whether the model is in use",
    "tag": "the tag {name}",
    "alias": "the alias {name}",
    "stage": "the stage {name}",
    "text": "the {name} of {version}",
    "metric": "the metric {name} of {version}",
    "param": "the parameter {name} of {version}",
    "version tag": "the tag {name} of {version}",
    "source": "where the metric {name} of {version} comes from",
    "archived": "whether {version} is archived",
    "yanked": "whether {version} is yanked",
    "link": "the link {name} of {version}",
}
_NUL = "\0"  # no key holds one


@dataclass(frozen=True, slots=True)
class State:
    """One model at one moment, as far as an undo asks.

    Attributes:
        model: The model and who holds its stages.
        aliases: Version id and number by alias.
        assignments: Id of the newest assignment by stage.
        versions: The versions an entry touches, by id.
        texts: By version id what else can be amended, as plain values: ``description``, ``card``,
            ``datasets``, ``run``, ``code``, ``environment``, ``bases``, ``features``,
            ``metric_sources``, ``base`` with ``base_id``, and ``base_ids``: the ids of those
            ``bases`` that are versions.
        links: Those edges by hand that an entry adds or takes away, by :func:`link_key`.
    """

    model: RegisteredModel
    aliases: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    assignments: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[int, ModelVersion] = field(default_factory=dict)
    texts: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    links: frozenset[str] = frozenset()

    def end(self, end: Mapping[str, Any]) -> dict[str, Any]:
        """Return an end of a link under the name that it has in this state."""
        version = self.versions.get(end["id"]) if end["kind"] == "version" else None
        return {**end, "label": end["label"] if version is None else version.reference}


def words_of(at: Field, version: str) -> str:
    """Return a field in words; ``version`` is the reference of the version it is of, if any."""
    what, _ident, name = at
    called = _CALLED.get(name, name) if what == "text" else name.partition(_NUL)[0]
    return _WORDS[what].format(name=called, version=version).removesuffix(" of ")


def link_key(event: Link) -> str:
    """Return what identifies the edge that an event adds or takes away, whatever it is called."""
    ends = (event.child, event.parent)
    named = [(e["kind"], str(e["id"] if e["kind"] == "version" else e["key"])) for e in ends]
    return _NUL.join((event.kind, *named[0], *named[1]))


def touches(event: events.Event) -> frozenset[Field]:
    """Return the fields that an event may change; none for an event that cannot be undone."""
    return frozenset(_TOUCHES.get(type(event), lambda _event: ())(event))


def value_of(state: State, at: Field) -> Any:  # noqa: ANN401 - a value of any column
    """Return what a field is in a state; what is not there is ``None``."""
    what, ident, name = at
    return _VALUES[what](state, ident, name)


def _described(event: events.ModelDescribed) -> Iterable[Field]:
    given = {"description": event.description, "owner": event.owner}
    return [(name, 0, "") for name, text in given.items() if text is not None]


def _amended(event: events.VersionAmended) -> Iterable[Field]:
    ident, details = event.version_id, event.details
    for name, kind in KEYED.items():
        yield from ((kind, ident, key) for key in details.get(name, ()))
    yield from (("version tag", ident, key) for key in event.unset_tags)
    yield from (("source", ident, key) for key in details.get("metric_sources", ()))
    yield from (("text", ident, name) for name in _TEXTS if name in details)
    if event.base_id is not None:
        yield ("text", ident, "base_id")
    yield from (_taken_off(ident, what) for what in event.taken_off or ())


def _taken_off(ident: int, what: str) -> Field:
    kind, _, key = what.partition(".")
    return (_KEYED[kind], ident, key) if key else ("text", ident, _FIELD_OF.get(kind, kind))


def off(at: Field) -> str:
    """Return how an amendment names a field that it takes off."""
    what, _ident, name = at
    if what == "text":
        return next((kind for kind, field in _FIELD_OF.items() if field == name), name)
    return f"{next(plural for plural, kind in _KEYED.items() if kind == what)}.{name}"


def _staged(
    event: events.StageAssigned | events.StageRolledBack | events.StageVacated,
) -> Iterable[Field]:
    yield ("stage", 0, event.stage)
    yield from (("archived", v, "") for v in (*event.archived, *event.unarchived))


def _linked(event: Link) -> Iterable[Field]:
    yield ("link", event.version_id or 0, link_key(event))


_TOUCHES: dict[type[events.Event], Callable[[Any], Iterable[Field]]] = {
    events.ModelDescribed: _described,
    events.ModelTagged: lambda e: [("tag", 0, key) for key in (*e.set, *e.unset)],
    events.ModelRenamed: lambda _e: [("name", 0, "")],
    events.ModelRetired: lambda _e: [("retired", 0, "")],
    events.ModelRestored: lambda _e: [("retired", 0, "")],
    events.AliasSet: lambda e: [("alias", 0, e.alias)],
    events.AliasRemoved: lambda e: [("alias", 0, e.alias)],
    events.VersionAmended: _amended,
    events.VersionYanked: lambda e: [("yanked", e.version_id, "")],
    events.VersionArchived: lambda e: [("archived", e.version_id, "")],
    events.VersionRestored: lambda e: [(f, e.version_id, "") for f in ("archived", "yanked")],
    events.StageAssigned: _staged,
    events.StageRolledBack: _staged,
    events.StageVacated: _staged,
    events.LineageLinked: _linked,
    events.LineageUnlinked: _linked,
}


def _held(state: State, _ident: int, name: str) -> dict[int, int]:
    return {h.version_id: h.weight for h in state.model.stages.get(name, ())}


_VALUES: dict[str, Callable[[State, int, str], Any]] = {
    "description": lambda state, _ident, _name: state.model.description,
    "owner": lambda state, _ident, _name: state.model.owner,
    "name": lambda state, _ident, _name: state.model.name,
    "retired": lambda state, _ident, _name: state.model.retired,
    "tag": lambda state, _ident, name: state.model.tags.get(name),
    "alias": lambda state, _ident, name: state.aliases.get(name),
    "stage": _held,
    "text": lambda state, ident, name: state.texts[ident].get(name),
    "metric": lambda state, ident, name: state.versions[ident].metrics.get(name),
    "param": lambda state, ident, name: state.versions[ident].params.get(name),
    "version tag": lambda state, ident, name: state.versions[ident].tags.get(name),
    "source": lambda state, ident, name: state.texts[ident].get("metric_sources", {}).get(name),
    "archived": lambda state, ident, _name: state.versions[ident].archived,
    "yanked": lambda state, ident, _name: state.versions[ident].yanked,
    "link": lambda state, _ident, name: name in state.links,
}
