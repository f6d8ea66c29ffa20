"""The process that looks: one request after the other, until the parent is gone."""

from __future__ import annotations

import gc
import importlib
import os
import socket
import sys
import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NoReturn

from modelshelf.domain.inspection import Inspection
from modelshelf.formats import findings as say
from modelshelf.formats import second
from modelshelf.formats.interface import Inspector, Surveyed
from modelshelf.formats.looking import look, tensors
from modelshelf.formats.registry import inspectors
from modelshelf.formats.source import Source
from modelshelf.formats.worker.borrowing import Borrowing
from modelshelf.formats.worker.confine import Meter, confine
from modelshelf.formats.worker.guard import Guard
from modelshelf.formats.worker.preload import preload
from modelshelf.formats.worker.questions import ANSWERS, Question
from modelshelf.formats.worker.setup import Setup
from modelshelf.formats.worker.values import flat, undescribe
from modelshelf.formats.worker.wire import Wire

# More than an honest file makes it grow; a child that was larger than this is not kept.
_WORN = 192 * 1024 * 1024 // (1 if sys.platform == "darwin" else 1024)


def main(descriptor: int) -> NoReturn:
    """Serve the parent over the socket ``descriptor``; never returns."""
    wire = Wire(socket.socket(fileno=descriptor))
    try:
        wanted, _ = wire.receive_with_file()
        setup = Setup(**{**wanted, "inspectors": tuple(wanted["inspectors"])})
        warnings.simplefilter("ignore")  # showing one would open the source it came from
        preload()
        looker = Looker(wire, setup)
        gc.freeze()  # what is loaded by now stays
        gc.enable()
        wire.send({"missing": looker.shut_in()})
        while True:
            looker.serve()
    except (EOFError, OSError):
        os._exit(0)  # the parent is gone


class Looker:
    """Answers requests, shut in by the system and by the interpreter."""

    def __init__(self, wire: Wire, setup: Setup) -> None:
        """Load all inspectors, those of other people too."""
        more = (importlib.import_module(name).inspectors() for name in setup.inspectors)
        self._inspectors: tuple[Inspector, ...] = (*(i for m in more for i in m), *inspectors())
        self._wire = wire
        self._setup = setup
        self._files = Borrowing(wire)
        self._guard = Guard()
        self._meter = Meter()

    def shut_in(self) -> tuple[str, ...]:
        """Give up all that is not needed; return what the system could not take away."""
        missing = confine(self._setup)
        self._guard.install()
        return missing

    def serve(self) -> None:
        """Answer one request.

        Raises:
            EOFError, OSError: The parent is gone.
        """
        request, descriptor = self._wire.receive_with_file()
        if descriptor is not None:
            self._files.put(0, descriptor)
        source = undescribe(request, self._files.open)
        self._meter.allow(self._setup.processor_seconds(source.size))
        answer = self._answer(request["question"], source)
        self._files.end()
        worn = self._meter.grown() > _WORN
        try:
            self._wire.send({"answer": answer, "worn": worn})
        except (ValueError, MemoryError):
            self._wire.send({"failed": "there is too much to tell", "worn": True})

    def _answer(self, question: Question, source: Source) -> Any:  # noqa: ANN401 - plain values
        if question == "inspect":
            return flat(self._inspect(source))
        if question == "survey":
            found = self._inspect(source)
            placed = tensors(source, self._inspectors) if found.tensors else ()
            return flat(Surveyed(found, placed))
        return flat(ANSWERS[question](source, self._inspectors))

    def _inspect(self, source: Source) -> Inspection:
        self._guard.refused.clear()
        with second.asked() as opinion:
            found = look(source, self._inspectors, self._tell)
        found = replace(found, scanner=opinion.signature())
        return self._confessed(found, source.name, self._guard.refused)

    def _tell(self, family: str) -> None:
        self._wire.send({"family": family})

    @staticmethod
    def _confessed(found: Inspection, where: str, refused: Iterable[str]) -> Inspection:
        """Add what looking tried and was refused: the file made it, or an inspector is wrong."""
        told = tuple(
            say.warning("scan.refused", where, f"looking tried what it may not: {what}")
            for what in refused
        )
        if not told:
            return found
        verdict = say.worst((found.verdict, "incomplete"))
        return replace(found, verdict=verdict, findings=(*told, *found.findings))
