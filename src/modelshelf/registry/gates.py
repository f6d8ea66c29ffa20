"""The gates: what they say of a version, of all versions, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.names import parse_reference
from modelshelf.domain.text import accept, safe
from modelshelf.registry.naming import find_one
from modelshelf.registry.rights import check_right, right

if TYPE_CHECKING:
    from modelshelf.domain.gates.case import Measured
    from modelshelf.domain.gates.checked import Checked
    from modelshelf.domain.promotion import PromotionPlan, Verdict
    from modelshelf.registry.context import Context
    from modelshelf.registry.planning import Move

Progress = Callable[[int, int, str], None]
_NAME_MOST = 200


class Gates:
    """The gates of a registry, and what they say."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer", of="reference", doing="check")
    def check(
        self,
        reference: str,
        stage: str,
        *,
        weight: int | None = None,
        split: Mapping[str, int] | None = None,
        run: bool = False,
        progress: Progress | None = None,
    ) -> PromotionPlan:
        """Return whether a promotion would be allowed, and what every gate says; nothing is tried.

        Args:
            reference: The version.
            stage: A stage of the ladder.
            weight: Its share in percent, as in ``Promotions.promote``.
            split: Every holder's share by reference instead.
            run: Measure what must be measured and has no measurement that stands and agrees; it
                takes the role contributor, and what comes of it is recorded.
            progress: Called with bytes done, bytes in all and the file's name, while bytes are
                hashed.

        Raises:
            NotFound: There is no such version or stage.
            Invalid: The weights do not sum to 100, or name versions of other models.
            Refused: ``run`` is asked for by somebody who may not.
            Corrupt: A command is to be run on bytes that are damaged.
            Unavailable: There is no room to check them out.
        """
        from modelshelf.registry.promotions import Promotions

        if run:
            check_right(self._context, "contributor", reference, doing="run the gates of")
            move = self._move(reference, stage, weight, split)
            self._run(move, again=False, progress=progress)
        return Promotions(self._context).plan(reference, stage, weight=weight, split=split)

    @right("contributor", of="reference", doing="run the gates of")
    def measure(
        self, reference: str, stage: str, *, progress: Progress | None = None
    ) -> tuple[Verdict, ...]:
        """Measure every gate of a stage that is measured, anew, and return what all gates say.

        Raises:
            NotFound, Corrupt, Unavailable: As :meth:`check`.
        """
        self._run(self._move(reference, stage, None, None), again=True, progress=progress)
        return self._move(reference, stage, None, None).verdicts

    @right("viewer", of="models", kind="models", doing="check")
    def check_all(
        self, stage: str | None = None, *, models: str = "*", progress: Progress | None = None
    ) -> tuple[Checked, ...]:
        """Return how every version that may be used stands with a stage, or with all of them.

        Archived, yanked and freed versions and those of retired models are left out. Each is judged
        as if it were to hold the stage alone; approvals are not asked.

        Args:
            stage: A stage of the ladder; ``None`` for all.
            models: A pattern of model names, such as ``risk/*``.
            progress: Called with how many are done, how many there are, and of what.

        Raises:
            NotFound: There is no such stage.
        """
        from modelshelf.registry.checking import check_versions

        policy = self._context.policy
        stages = policy.assignable if stage is None else (policy.stage(stage).name,)
        pattern = accept("pattern", models, most=_NAME_MOST, empty=False)
        return tuple(check_versions(self._context, stages, pattern, progress))

    @right("viewer", of="reference", doing="look at the measurements of")
    def results(self, reference: str) -> Mapping[str, Measured]:
        """Return the newest measurement of each gate that was measured on a version, by gate.

        Raises:
            NotFound: There is no such version.
        """
        from modelshelf.catalog.gate_results import measured

        found = find_one(self._context, reference)
        connection = self._context.about(found.model)
        return measured(connection, [found.id]).get(found.id, {})

    @right("viewer", of="reference", doing="look at the evidence of")
    def output(self, reference: str, gate: str, *, entry: int | None = None) -> bytes:
        """Return what a command wrote when it was run on a version; raw, and possibly hostile.

        Args:
            reference: The version.
            gate: The gate's name.
            entry: The number of the audit entry of a measurement; ``None`` for the newest.

        Raises:
            NotFound: It was never measured, or that entry is no measurement of it.
            Corrupt: What was kept is damaged.
        """
        found = find_one(self._context, reference)
        name = accept("gate name", gate, most=_NAME_MOST)
        digest = self._kept(found.id, found.reference, name, entry)
        if not digest:
            return b""
        blobs = self._context.blobs
        blobs.verify(digest, blobs.size(digest))
        with blobs.open(digest) as stream:
            return stream.read()

    def _kept(self, version_id: int, reference: str, gate: str, entry: int | None) -> str:
        """Return the digest of what was kept, empty when the measurement wrote nothing."""
        from modelshelf.catalog.gate_results import measured, output_of_entry

        connection = self._context.about(parse_reference(reference).model)
        if entry is not None:
            digest = output_of_entry(
                self._context.database.reader(), _number(entry), version_id, gate
            )
            if digest is None:
                raise NotFound(
                    f"entry {safe(entry, 40)} is no measurement of {safe(gate, 60)} on {reference}",
                    hint="See modelshelf log --event gate.ran.",
                    subject=reference,
                )
            return digest
        known = measured(connection, [version_id]).get(version_id, {})
        if gate not in known:
            raise NotFound(
                f"{safe(gate, 60)} was never measured on {reference}",
                why=f"measured were {', '.join(map(safe, known))}" if known else "nothing was",
                hint=f"modelshelf check {reference} STAGE --run",
                subject=reference,
            )
        return known[gate].output or ""

    def _move(
        self, reference: str, stage: str, weight: int | None, split: Mapping[str, int] | None
    ) -> Move:
        from modelshelf.registry.planning import looking

        self._context.check_present()
        look = looking(self._context, parse_reference(reference).model)
        return look.promotion(reference, stage, weight=weight, split=split)

    def _run(self, move: Move, *, again: bool, progress: Progress | None) -> None:
        from modelshelf.registry.measuring import measure_gates

        measure_gates(self._context, move, again=again, progress=progress)


def _number(entry: object) -> int:
    if isinstance(entry, bool) or not isinstance(entry, int) or not 0 <= entry < 1 << 62:
        raise Invalid(f"{safe(entry, 40)!r} is not the number of an entry")
    return entry
