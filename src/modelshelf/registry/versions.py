"""Model versions: register, look at, search, compare, amend, tag, alias, put away, take out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from modelshelf.domain.models import ModelVersion, Page, Registration, VersionDetail
from modelshelf.domain.names import check_model_name, parse_reference
from modelshelf.domain.text import accept, safe
from modelshelf.registry.naming import check_limit, check_path, check_place, find_one
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.artifacts import Progress
    from modelshelf.domain.drop_rule import Pickles
    from modelshelf.domain.lineage import SameWeights
    from modelshelf.domain.provenance import DetailFields
    from modelshelf.registry.context import Context
    from modelshelf.registry.registering import Draft

_SOURCE_MOST = 4_000


class Versions:
    """The versions of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("contributor", of="model", doing="register a version of")
    def register(
        self,
        model: str,
        path: str | Path,
        *,
        force_new: bool = False,
        progress: Progress | None = None,
        source: str | None = None,
        pickles: Pickles = "accept",
        origins: Mapping[str, str] | None = None,
        in_place: bool = False,
        **details: Unpack[DetailFields],
    ) -> Registration:
        """Store a file or folder and give it the next version number of ``model``.

        The model is created with its first version. Content that already is a version of the model
        is answered with that version, unless ``force_new``. What is not given is completed by what
        travels with the artifact: a sidecar or card inside it, MLmodel, configurations, lock files.

        Args:
            model: The model's name.
            path: A model file, or a folder that is one model. A file that names others beside it as
                its own, such as an ONNX model its tensors, is stored with them as a folder.
            force_new: Make a new version even of known content.
            progress: Called with bytes done, bytes in all and the file's name.
            source: Where it came from, in words; by default its file name.
            pickles: ``quarantine`` to refuse also what can run code when it is loaded.
            origins: Where given details were read, ``metrics.auc`` to the name of a file, for
                those that nobody gave by hand.
            in_place: Leave the bytes where they are and store only their digests: they are
                verified when they are used, and nothing protects them.
            **details: ``metrics``, ``params``, ``tags``, ``description``, ``card``, ``run``,
                ``code``, ``datasets``, ``environment``, ``base`` and so on, as described in
                :class:`~modelshelf.domain.provenance.DetailFields`; all of them may be left out.

        Raises:
            Invalid: A name, a value or the file cannot be used.
            NotFound: There is no such file, or no such base.
            Conflict: The file changed while it was read, or the model's name clashes.
            Refused: The file holds unsafe code, or the model is retired.
            Unavailable: No space, no permission, or the registry stays locked.
        """
        from modelshelf.domain.provenance.checking import check_details, check_tags
        from modelshelf.formats import warm
        from modelshelf.registry.arrival.arriving import take_in
        from modelshelf.registry.arrival.gathering import complete
        from modelshelf.registry.registering import Draft, record_one

        self._context.check_present()
        check_model_name(model)
        warm()
        checked = check_details(**details)
        if checked.base is not None:
            find_one(self._context, checked.base)
        given = None if source is None else accept("source", source, most=_SOURCE_MOST)
        file = check_path(path)
        content, inspection = take_in(
            self._context, file, progress, pickles=pickles, in_place=in_place
        )
        origin = safe(content.name, _SOURCE_MOST) if given is None else given
        told = replace(checked, origins=check_tags(origins))
        told, inspection = complete(self._context, content, inspection, file, told)
        draft = Draft(model, content, inspection, told, origin)
        made, created = record_one(self._context, draft, force_new=force_new)
        return Registration(self._changed(made), created)

    @right("contributor", doing="register versions in")
    def register_many(self, drafts: Iterable[Draft]) -> int:
        """Record many versions whose bytes are stored already, in one transaction.

        Raises:
            As :meth:`register`; then none of them is recorded.
        """
        from modelshelf.registry.registering import record_many

        return record_many(self._context, drafts)

    @right("viewer", of="reference")
    def get(self, reference: str) -> ModelVersion:
        """Return the one version that ``reference`` names.

        Raises:
            Invalid, NotFound: It names none.
            Conflict: It names several.
        """
        parsed = parse_reference(reference)
        reader = self._context.versions(parsed.model)
        return reader.versions([reader.one(parsed).id])[0]

    @right("viewer", of="reference")
    def detail(self, reference: str) -> VersionDetail:
        """Return everything known about the version that ``reference`` names.

        Raises:
            Invalid, NotFound, Conflict: As :meth:`get`.
        """
        from modelshelf.catalog.detail import read_detail, relatives

        version = self.get(reference)
        seq, live = self._context.seq, self._context.database.reader()
        kin = None if seq is None else relatives(live, version.id, seq)
        return read_detail(self._context.connection(kin), version)

    @right("viewer", of="reference")
    def same_weights(self, reference: str) -> tuple[SameWeights, ...]:
        """Return the versions, of any model, that hold the same tensors; best first, at most 20.

        First those whose tensors are all the same whatever they are called and stored in, then
        those that share at least two, and at least half, of this version's 64 largest tensors.
        None where no digests of tensors are known.

        Raises:
            Invalid, NotFound, Conflict: As :meth:`get`.
        """
        from modelshelf.registry.alike import same_weights

        return same_weights(self._context, reference)

    @right("viewer", of="model")
    def list(
        self, model: str, *, limit: int = 100, after: int | None = None
    ) -> tuple[ModelVersion, ...]:
        """Return versions of ``model``, newest first.

        Args:
            model: The model's name.
            limit: At most so many.
            after: Only numbers below this one.

        Raises:
            NotFound: There is no such model.
        """
        model_id = self._context.models(model).model_id(model)
        reader = self._context.versions(model)
        return reader.versions(reader.numbers(model_id, limit=check_limit(limit), below=after))

    @right("viewer", of="ids", kind="version")
    def by_ids(self, ids: Sequence[int]) -> tuple[ModelVersion, ...]:
        """Return the versions with these catalog ids, in this order."""
        return self._context.versions().versions(ids)

    @right("viewer")
    def search(
        self, text: str, *, sort: str = "", limit: int = 50, after: str | None = None
    ) -> Page:
        """Return versions that fit a search, a page at a time.

        Args:
            text: The search language: ``stage:production metrics.auc>=0.9 tag.team:risk churn``.
            sort: ``newest``, ``oldest``, ``name``, ``size``, ``metrics.auc`` or ``-metrics.auc``.
            limit: Versions a page.
            after: The ``after`` of the page before.

        Raises:
            Invalid: The search cannot be read.
            Unavailable: It takes too long.
        """
        from modelshelf.catalog.search import search
        from modelshelf.domain.query import parse_query

        query = parse_query(text)
        found, more = search(self._context.connection(), query, sort=sort, limit=limit, after=after)
        return Page(self.by_ids(found), more)

    @right("viewer")
    def ids(
        self,
        text: str = "",
        *,
        model: str = "",
        sort: str = "",
        stop: Callable[[], bool] | None = None,
    ) -> Sequence[int]:
        """Return the catalog ids of all versions that fit a search, in order.

        Args:
            text: The search language, as in :meth:`search`.
            model: Only versions of this model.
            sort: As in :meth:`search`.
            stop: Is asked now and then whether nobody waits for the answer any more.

        Raises:
            Invalid: The search cannot be read.
            Unavailable: It takes too long, or was stopped.
        """
        from modelshelf.catalog.search_ids import search_ids
        from modelshelf.domain.query import Query, Term, parse_query

        query = parse_query(text)
        if model:
            query = Query((Term("model", value=model), *query.terms), query.sort)
        return search_ids(self._context.connection(), query, sort=sort, stop=stop)

    @right("contributor", of="reference")
    def amend(
        self,
        reference: str,
        **details: Unpack[DetailFields],
    ) -> ModelVersion:
        """Add metadata to a version after its registration, as an audited event of its own.

        Metrics, params and tags are merged by name; everything else that is given replaces what
        was there. The bytes never change.

        Args:
            reference: One version.
            **details: As in :meth:`register`.

        Raises:
            Invalid: A value cannot be kept, nothing is given, or the base would make a circle.
            NotFound: There is no such version or base.
        """
        from modelshelf.domain.provenance.checking import check_details
        from modelshelf.registry.changing import amend

        checked = check_details(**details)
        return self._changed(amend(self._context, reference, checked, unset=()))

    @right("contributor", of="reference")
    def tag(
        self,
        reference: str,
        *,
        set: Mapping[str, str] | None = None,  # noqa: A002 - the word is the act
        unset: Sequence[str] = (),
    ) -> ModelVersion:
        """Set tags of a version and take others off.

        Raises:
            Invalid: A key or value cannot be kept, or nothing is given.
            NotFound: There is no such version, or a tag to take off is not on it.
        """
        from modelshelf.domain.provenance.checking import check_details
        from modelshelf.registry.changing import amend

        details = check_details(tags=set)
        return self._changed(amend(self._context, reference, details, unset=unset))

    @right("contributor", of="reference", doing="give an alias to")
    def alias(self, reference: str, alias: str, *, reason: str = "") -> ModelVersion:
        """Give ``alias`` to a version; it leaves the version that had it.

        Raises:
            Invalid: It cannot be an alias.
            NotFound: There is no such version.
        """
        from modelshelf.registry.changing import set_alias

        return self._changed(set_alias(self._context, reference, alias, reason))

    @right("contributor", of="model", doing="take an alias from")
    def unalias(self, model: str, alias: str, *, reason: str = "") -> None:
        """Take an alias away.

        Raises:
            NotFound: The model has no such alias.
        """
        from modelshelf.registry.changing import remove_alias

        remove_alias(self._context, model, alias, reason)

    @right("viewer", of="model")
    def aliases(self, model: str) -> Mapping[str, str]:
        """Return a model's aliases with the reference each stands for.

        Raises:
            NotFound: There is no such model.
        """
        models = self._context.models(model)
        return models.aliases(models.model_id(model))

    @right("contributor", of="reference")
    def yank(self, reference: str, *, reason: str) -> ModelVersion:
        """Say that a version must not be used; old references go on resolving, with a warning.

        Raises:
            Conflict: It is yanked already.
        """
        from modelshelf.registry.changing import yank

        return self._changed(yank(self._context, reference, reason))

    @right("contributor", of="reference")
    def archive(self, reference: str, *, reason: str) -> ModelVersion:
        """Put a version away.

        Raises:
            Conflict: It is archived already.
            Refused: It holds a stage now.
        """
        from modelshelf.registry.changing import archive

        return self._changed(archive(self._context, reference, reason))

    @right("contributor", of="reference")
    def restore(self, reference: str, *, reason: str) -> ModelVersion:
        """Take a version out of the archive, or allow its use again after a yank.

        Raises:
            Conflict: It is neither archived nor yanked.
            Refused: Its bytes were freed.
        """
        from modelshelf.registry.changing import restore

        return self._changed(restore(self._context, reference, reason))

    @right("viewer", of="reference")
    def checkout(
        self,
        reference: str,
        destination: str | Path,
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
        consumer: str | None = None,
        warn: Callable[[str], object] | None = None,
    ) -> Path:
        """Copy a version's bytes to ``destination``, verifying them on the way, all or nothing.

        Args:
            reference: One version.
            destination: A path that does not exist yet, or a folder to put a single file in.
            overwrite: Replace what is there.
            progress: Called with bytes done, bytes in all and the file's name.
            consumer: Who uses it from now on: a lease is left, where that can be.
            warn: Is told why there is no lease.

        Returns:
            Where the file or folder is now.

        Raises:
            NotFound: There is no such version, or its bytes were freed.
            Corrupt: The stored bytes are not what was registered.
            Conflict, Invalid, Unavailable: The destination cannot be written so.
        """
        from modelshelf.artifacts import checkout
        from modelshelf.registry.consumers import leasing
        from modelshelf.registry.contents import content_of

        version, target = self.get(reference), check_place(self._context, destination)
        with leasing(self._context, consumer, reference, version.id, warn):
            content, blobs = content_of(self._context, version), self._context.blobs
            check_place(self._context, target / content.name)  # where it is put into a folder
            return checkout(content, blobs, target, overwrite=overwrite, progress=progress)

    def _changed(self, version_id: int) -> ModelVersion:
        return self.by_ids([version_id])[0]
