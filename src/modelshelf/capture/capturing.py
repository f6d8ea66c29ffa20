"""The capture itself: what a script calls while it trains, and what it registers in the end.

Only the standard library and the domain are imported here: the rest is imported when it is used,
and where a version is made again it is not used at all.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from modelshelf.capture import remaking
from modelshelf.capture.saying import Saying
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from types import TracebackType

    from modelshelf.capture.gathering import Gathering
    from modelshelf.domain.models import ModelVersion
    from modelshelf.registry.handle import Registry

_LINE_MOST = 600


class Capture(Saying):
    """What a training script is made with and from; a ``with`` block around the training.

    Nothing here stops a training: what cannot be found out or used becomes a sentence in
    :attr:`notes`, and one line on standard error at the end. Only :meth:`register` raises.

    Several threads may use one capture. Captures may stand inside one another; each has what was
    said to it, and all that are open hear of every data file that the process opens.

    """

    def __init__(
        self,
        registry: Registry | str | os.PathLike[str] | None = None,
        *,
        actor: str | None = None,
        tracker: str | None = None,
        snapshot: bool = False,
    ) -> None:
        """Capture for a registry.

        Args:
            registry: An open registry, or the folder of one; ``None`` for the one that
                ``open_registry`` finds.
            actor: Who acts, for a registry that is opened here.
            tracker: What the run is kept by; by default MLflow or Weights & Biases where one of
                them has a run, else ``modelshelf``.
            snapshot: Keep the files of the code even where a commit names them.
        """
        super().__init__()
        self._registry, self._actor = registry, actor
        self._tracker, self._snapshot = tracker, snapshot
        self._remade = remaking.folder()
        self._gathering: Gathering | None = None

    def __enter__(self) -> Self:
        """Look at the code as it is now, and begin to listen which data files are opened."""
        self._attempt("the surroundings", self._begin)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening and say what is missing; an error of the training passes unchanged."""
        if self._gathering is not None:
            self._attempt("what was opened", self._gathering.end)
        if self.notes and self._remade is None:
            told = safe(" ".join(self.notes), _LINE_MOST)
            self._attempt("a line", lambda: print(f"modelshelf: {told}", file=sys.stderr))  # noqa: T201 - narration

    def dataset(
        self,
        given: str | Path,
        role: str = "train",
        *,
        name: str | None = None,
        version: str | None = None,
        rows: int | None = None,
    ) -> str | Path:
        """Record a data set, and return what was given, so that it can be read at once.

        A local file or folder is hashed now: as it is when it is used.

        Args:
            given: A path, an address or a name, as :mod:`modelshelf.surroundings.datasets` reads.
            role: ``train``, ``eval`` or ``test``.
            name: What it is called; by default the name of the file.
            version: Of the data set, in its owner's words.
            rows: Number of examples; by default counted, where that is easy.
        """
        if self._gathering is not None:
            more = {"name": name, "version": version, "rows": rows}
            gather = self._gathering.dataset
            self._attempt(
                f"the data set {safe(given, 80)}",
                lambda: self._said.dataset(gather(given, role, more)),
            )
        return given

    @property
    def run_id(self) -> str:
        """What the tracker calls this run; an id of our own without one."""
        return "remade" if self._gathering is None else self._gathering.run().id

    @run_id.setter
    def run_id(self, given: str) -> None:
        """Call the run so."""
        if self._gathering is not None:
            self._gathering.given_id = str(given)

    @property
    def url(self) -> str | None:
        """Where the run can be looked at."""
        return None if self._gathering is None else self._gathering.run().url

    @url.setter
    def url(self, given: str | None) -> None:
        """Say where the run can be looked at."""
        if self._gathering is not None:
            self._gathering.given_url = given

    @property
    def opened(self) -> tuple[str, ...]:
        """The data files that were opened for reading so far, absolute paths in order."""
        return () if self._gathering is None else self._gathering.opened

    def register(self, model: str, path: str | os.PathLike[str], **more: Any) -> ModelVersion:  # noqa: ANN401 - as versions.register takes
        """Register a file or folder with everything that was captured; return the version.

        Where a version is made again (``modelshelf reproduce``), nothing is registered: what came
        out is written down for whoever compares it, and what is returned is false.

        Args:
            model: The model's name.
            path: The file or folder.
            **more: As ``versions.register`` takes: details that count more than captured ones, and
                ``force_new``, ``in_place`` and so on.

        Raises:
            ModelshelfError: As ``versions.register`` and ``open_registry`` say.
        """
        if self._remade is not None:
            self.metrics(more.get("metrics") or {})
            self.params(more.get("params") or {})
            said = self._said
            remaking.write_outcome(self._remade, model, path, said.metrics, said.params)
            return remaking.Nothing()  # type: ignore[return-value]  # stands for it in every use
        from modelshelf.capture.registering import opened_registry, register

        self._attempt("the surroundings", self._begin)  # where no block was entered
        gathering = self._gathering
        if gathering is not None:  # before our own packages are imported, which it would name
            self._attempt("the environment", gathering.environment)
        with opened_registry(self._registry, self._actor) as registry:
            return register(registry, self._said, gathering, model, path, more)

    def _begin(self) -> None:
        if self._gathering is None and self._remade is None:
            from modelshelf.capture.gathering import Gathering

            self._gathering = Gathering(self._note, self._attempt, self._tracker)
            self._gathering.begin(self._registry, snapshot=self._snapshot)
