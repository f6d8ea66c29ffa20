"""Reproductions: what making a version again takes, doing it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.domain.reproduction import Recipe, Reproduction
    from modelshelf.registry.context import Context


class Reproductions:
    """The reproductions of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer", of="reference")
    def recipe(self, reference: str) -> Recipe:
        """Return how a version would be made again, and what of that is missing.

        Local data is hashed and the kept code looked for; nothing is fetched and nothing run.

        Raises:
            Invalid, NotFound, Conflict: The reference does not name one version.
        """
        from modelshelf.registry.reproducing.recipes import recipe

        return recipe(self._context, reference)

    @right("contributor", of="reference", doing="reproduce")
    def run(
        self,
        reference: str,
        *,
        tolerance: float = 1e-6,
        python: str | Path | None = None,
        keep: str | Path | None = None,
        timeout: float | None = None,
        say: Callable[[str], object] | None = None,
    ) -> Reproduction:
        """Make a version again in a fresh folder, compare, and record what came of it.

        Nothing is registered. The command that is run is the one that was recorded: it runs with
        the rights of whoever calls this.

        Args:
            reference: One version.
            tolerance: The relative difference of a metric that is allowed.
            python: An interpreter to use as it is; by default a fresh virtual environment with the
                recorded packages is made.
            keep: Leave the folder here; by default it is removed.
            timeout: Seconds after which the command is stopped.
            say: Is told what is being done.

        Raises:
            Refused: Something that it takes is missing; lists what.
            Invalid, NotFound, Conflict: The reference does not name one version.
            Unavailable: The environment cannot be made.
        """
        from modelshelf.registry.reproducing.running import run

        return run(
            self._context, reference, tolerance=tolerance, python=python, keep=keep,
            timeout=timeout, say=say,
        )  # fmt: skip

    @right("viewer", of="reference")
    def list(self, reference: str) -> tuple[Reproduction, ...]:
        """Return the attempts to make a version again, newest first.

        Raises:
            Invalid, NotFound, Conflict: The reference does not name one version.
        """
        from modelshelf.registry.reproducing.recorded import recorded

        return recorded(self._context, reference)

    @right("contributor", doing="keep code in")
    def keep(self, data: bytes) -> str:
        """Store bytes that the code of a version names, its patch or snapshot; return their digest.

        Until a version names them, they are kept for as long as any unnamed blob.

        Raises:
            Invalid: They are too large.
            Unavailable: They cannot be stored.
        """
        from modelshelf.registry.reproducing.keeping import keep

        return keep(self._context, data)

    @right("viewer")
    def kept(self, digest: str) -> bytes:
        """Return what :meth:`keep` stored: a patch or a snapshot.

        Raises:
            NotFound: Nothing of this digest is kept.
        """
        from modelshelf.registry.reproducing.keeping import kept

        return kept(self._context, digest)
