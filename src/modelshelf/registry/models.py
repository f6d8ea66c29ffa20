"""Registered models: look at them, describe, tag, rename, retire and restore them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.domain.names import MODEL_NAME_MOST, check_key, check_model_name
from modelshelf.domain.text import accept, safe
from modelshelf.registry.naming import check_limit, check_reason
from modelshelf.registry.rights import check_name, right

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.model_reader import ModelReader
    from modelshelf.domain.models import RegisteredModel
    from modelshelf.registry.context import Context

_OWNER_MOST = 200


class Models:
    """The registered models of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer")
    def list(
        self,
        *,
        pattern: str = "",
        limit: int = 100,
        after: str | None = None,
        retired: bool = False,
    ) -> tuple[RegisteredModel, ...]:
        """Return models sorted by name.

        Args:
            pattern: Only names that contain this text.
            limit: At most so many.
            after: Only names after this one: hand in the last name of the page before.
            retired: Retired models too.
        """
        return self._context.models().page(
            pattern=accept("pattern", pattern, most=MODEL_NAME_MOST),
            limit=check_limit(limit),
            after=None if after is None else accept("name", after, most=MODEL_NAME_MOST),
            retired=retired,
        )

    @right("viewer", of="name")
    def get(self, name: str) -> RegisteredModel:
        """Return the model that is or was called ``name``.

        Raises:
            NotFound: There is none.
        """
        return self._context.models(name).get(name)

    @right("viewer")
    def names(self, prefix: str = "", limit: int = 50) -> tuple[str, ...]:
        """Return names that begin with ``prefix``, sorted, for completion."""
        return self._context.models().names(prefix, check_limit(limit))

    @right("viewer")
    def words(
        self, field: str, begun: str = "", *, key: str = "", limit: int = 20
    ) -> tuple[str, ...]:
        """Return what may stand after a field of a search, sorted, for completion.

        Args:
            field: ``format``, ``owner``, ``by``, ``alias``, ``dataset``, ``tag`` or ``params``;
                ``tag.``, ``metrics.`` or ``params.`` for the names that may follow the dot.
            begun: Only words that begin so.
            key: The name of the tag or parameter whose values are asked for.
            limit: At most so many.

        Raises:
            Invalid: The words of this field are not known, or no word can begin so.
        """
        from modelshelf.catalog.completing_reader import FIELDS, words

        if field not in FIELDS:
            raise Invalid(
                f"the words of {safe(field, 60)!r} are not known",
                required=", ".join(sorted(FIELDS)),
            )
        begins = accept("beginning of a word", begun, most=MODEL_NAME_MOST)
        named = accept("name", key, most=MODEL_NAME_MOST)
        return words(self._context.connection(), field, begins, named, check_limit(limit))

    @right("contributor", of="name")
    def describe(
        self, name: str, *, description: str | None = None, owner: str | None = None
    ) -> RegisteredModel:
        """Set a model's description or owner; what is ``None`` stays.

        Raises:
            NotFound: There is no such model.
            Invalid: A text cannot be kept.
        """
        from modelshelf.domain.events import ModelDescribed
        from modelshelf.domain.provenance import TEXT_MOST

        if description is None and owner is None:
            raise Invalid("there is nothing to change", hint="Give a description or an owner.")
        text = (
            None
            if description is None
            else accept("description", description, most=TEXT_MOST, lines=True)
        )
        person = None if owner is None else accept("owner", owner, most=_OWNER_MOST)
        with self._context.write(f"describe {name}") as transaction:
            model = self._within(transaction).get(name)
            event = ModelDescribed(model.id, model.name, text, person)
            transaction.record(event, model.name)
        return self.get(name)

    @right("contributor", of="name")
    def tag(
        self,
        name: str,
        *,
        set: Mapping[str, str] | None = None,  # noqa: A002 - the word is the act
        unset: Sequence[str] = (),
    ) -> RegisteredModel:
        """Set tags of a model and take others off.

        Raises:
            NotFound: There is no such model, or a tag to take off is not on it.
            Invalid: A key or value cannot be kept.
        """
        from modelshelf.domain.events import ModelTagged
        from modelshelf.domain.provenance.checking import check_tags

        tags, gone = check_tags(set), tuple(check_key("tag", key) for key in unset)
        if not tags and not gone:
            raise Invalid("there is nothing to change", hint="Give a tag to set or to take off.")
        with self._context.write(f"tag {name}") as transaction:
            model = self._within(transaction).get(name)
            for key in gone:
                if key not in model.tags:
                    raise NotFound(f"{model.name} has no tag {key!r}", subject=model.name)
            transaction.record(ModelTagged(model.id, model.name, tags, gone), model.name)
        return self.get(name)

    @right("admin", of=("name", "new_name"))
    def rename(self, name: str, new_name: str) -> RegisteredModel:
        """Give a model a new name; the old one goes on leading to it.

        Raises:
            NotFound: There is no such model.
            Invalid: It cannot be called so.
            Conflict: Another model is or was called so.
        """
        from modelshelf.domain.events import ModelRenamed

        wanted = check_model_name(new_name)
        check_name(self._context, wanted, doing="rename to")  # a former name leads to its model
        with self._context.write(f"rename {name}") as transaction:
            models = self._within(transaction)
            model = models.get(name)
            if model.name == wanted:
                raise Conflict(f"the model is called {wanted} already", subject=wanted)
            check_free(models, wanted, but=model.id)
            event = ModelRenamed(model.id, model.name, wanted)
            transaction.record(event, model.name)
        return self.get(wanted)

    @right("admin", of="name")
    def retire(self, name: str, *, reason: str) -> RegisteredModel:
        """Take a model out of use; its versions and stages stay as they are.

        Raises:
            NotFound: There is no such model.
            Conflict: It is retired already.
        """
        from modelshelf.domain.events import ModelRetired

        why = check_reason(reason)
        with self._context.write(f"retire {name}") as transaction:
            model = self._within(transaction).get(name)
            if model.retired:
                raise Conflict(f"{model.name} is retired already", subject=model.name)
            transaction.record(ModelRetired(model.id, model.name, why), model.name)
        return self.get(name)

    @right("admin", of="name")
    def restore(self, name: str, *, reason: str) -> RegisteredModel:
        """Take a retired model into use again.

        Raises:
            NotFound: There is no such model.
            Conflict: It is in use.
        """
        from modelshelf.domain.events import ModelRestored

        why = check_reason(reason)
        with self._context.write(f"restore {name}") as transaction:
            model = self._within(transaction).get(name)
            if not model.retired:
                raise Conflict(f"{model.name} is not retired", subject=model.name)
            transaction.record(ModelRestored(model.id, model.name, why), model.name)
        return self.get(name)

    def _within(self, transaction: Transaction) -> ModelReader:
        return self._context.inside(transaction)[1]


def check_free(models: ModelReader, name: str, *, but: int = 0) -> None:
    """Refuse a name that another model has or had, or that differs from it only by case.

    Raises:
        Conflict: With the name in the way.
    """
    other = models.clash(name, but)
    if other is not None:
        differs = "" if other == name else ", which differs only by case"
        raise Conflict(
            f"the name {name} is taken",
            why=f"a model is or was called {other}{differs}",
            observed=other,
            subject=name,
        )
