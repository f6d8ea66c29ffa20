"""The one worker of a process: children that look, and this process where there can be none."""

from __future__ import annotations

import os
import socket
import sys
import threading
from functools import cache
from typing import Any

from modelshelf.domain.inspection import Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.bounding import bounded
from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.interface import Extent, Placed, Surveyed
from modelshelf.formats.scanner import SCANNER
from modelshelf.formats.source import Source
from modelshelf.formats.worker import questions
from modelshelf.formats.worker.process import Lost, Process, Stale
from modelshelf.formats.worker.setup import Setup
from modelshelf.formats.worker.values import build

_AT_ONCE = 2  # children, so that a small file need not wait for a large one
_FAILED_STARTS = 3
_MIB = 1024 * 1024
_SMALL = _MIB  # bytes of a source of which one question costs more than its answer


class Worker:
    """Looks into files in child processes; safe to use from many threads.

    Children are made when they are needed, and made anew after they died or have served for long.
    Where they cannot be had, looking happens in this process.
    """

    def __init__(self, setup: Setup | None = None) -> None:
        """Make children as ``setup`` says."""
        self._setup = setup or Setup()
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._idle: list[Process] = []
        self._why_not = _why_not(self._setup)
        self._failed = 0

    def warm(self) -> None:
        """Start a child without waiting for it, so that the first file need not wait."""
        with self._lock:
            if self._why_not or self._idle:
                return
            try:
                self._idle.append(Process(self._setup))
            except OSError:
                return  # the first request will try again

    def close(self) -> None:
        """End all idle children; the next request makes another."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def state(self) -> str:
        """Return in a sentence where files are looked into; starts a child to know it."""
        with self._slots:
            process = self._take()
            if process is None:
                why = self._why_not or "a child process does not start"
                return f"files are looked into in this very process: {why}"
            self._give_back(process)
        memory, seconds = self._setup.memory // _MIB, self._setup.seconds
        said = f"files are looked into in a child process with {memory:,} MiB and {seconds} s"
        missing = ", ".join(process.missing)
        return f"{said}; this system cannot give: {missing}" if missing else said

    def inspect(self, source: Source) -> Inspection:
        """Return what looking into ``source`` finds; trouble becomes a finding."""
        try:
            found: Inspection = self._ask("inspect", source, Inspection)
        except Lost as lost:
            found = _incomplete(source, lost)
        return bounded(found)

    def measure(self, source: Source) -> Extent:
        """Return how long ``source`` should be by its own account; nothing when it cannot say."""
        try:
            found: Extent = self._ask("measure", source, Extent)
        except Lost:
            return Extent()
        return found

    def tensors(self, source: Source) -> tuple[Placed, ...]:
        """Return where its tensors lie, all of them and inside its files, or none."""
        try:
            found: tuple[Placed, ...] = self._ask("tensors", source, tuple[Placed, ...])
        except Lost:
            return ()
        return self._inside(source, found)

    def survey(self, source: Source) -> Surveyed:
        """Return what looking finds and where the tensors lie, of a small source at once."""
        if source.size > _SMALL:
            inspection = self.inspect(source)
            return Surveyed(inspection, self.tensors(source) if inspection.tensors else ())
        try:
            found: Surveyed = self._ask("survey", source, Surveyed)
        except Lost as lost:
            return Surveyed(bounded(_incomplete(source, lost)))
        return Surveyed(bounded(found.inspection), self._inside(source, found.placed))

    @staticmethod
    def _inside(source: Source, found: tuple[Placed, ...]) -> tuple[Placed, ...]:
        sizes = {file.path: file.size for file in (*source.siblings, *source.files)}
        return found if all(_lies_inside(placed, sizes) for placed in found) else ()

    def needs(self, source: Source) -> tuple[str, ...]:
        """Return the other files that it names as its own, relative and safe."""
        try:
            found: tuple[str, ...] = self._ask("needs", source, tuple[str, ...])
        except Lost:
            return ()
        return tuple(name for name in found if not leaves_folder(name))

    def _ask(self, question: questions.Question, source: Source, kind: Any) -> Any:  # noqa: ANN401
        """Return the answer as a value of the type ``kind``; raises Lost when there is none."""
        with self._slots:
            for _ in range(_AT_ONCE + 1):  # every idle child may be gone, a new one is not
                process = self._take()
                if process is None:
                    return questions.answer_here(question, source)
                try:
                    answer = process.ask(question, source)
                except Stale:
                    continue
                return self._believed(process, answer, kind)
        raise Lost("scan.crashed", "the processes that look are gone as soon as they start")

    def _believed(self, process: Process, answer: object, kind: Any) -> Any:  # noqa: ANN401
        try:
            value = build(kind, answer)
        except TypeError as error:
            process.end()
            raise Lost("scan.crashed", "the process that looked gave no proper answer") from error
        self._give_back(process)
        return value

    def _take(self) -> Process | None:
        """Return a child that is ready; nothing when there can be none."""
        with self._lock:
            process = self._idle.pop() if self._idle else None
            if self._why_not:
                return None
        try:
            process = process or Process(self._setup)
            process.wait_until_ready()
        except (OSError, Lost):
            with self._lock:
                self._failed += 1
                if self._failed >= _FAILED_STARTS:
                    self._why_not = "a child process does not start"
            return None
        self._failed = 0
        return process

    def _give_back(self, process: Process) -> None:
        if process.worn:
            process.end()
            return
        with self._lock:
            self._idle.append(process)


@cache
def shared_worker() -> Worker:
    """Return the worker of this process; a forked process makes its own."""
    return Worker()


def _why_not(setup: Setup) -> str:
    """Return why there can be no child at all, or nothing."""
    if os.name != "posix" or not hasattr(socket, "send_fds"):
        return "this system cannot hand an open file to another process"
    if getattr(sys, "frozen", False) or not setup.python:
        return "the program is packed together with its interpreter"
    return ""


def _incomplete(source: Source, lost: Lost) -> Inspection:
    """Return what is said of a source about which no child could answer."""
    return Inspection(
        lost.family or "unknown",
        verdict="incomplete",
        findings=(say.warning(lost.rule, source.name, lost.detail),),
        scanner=SCANNER,
    )


def _lies_inside(placed: Placed, sizes: dict[str, int]) -> bool:
    size = sizes.get(placed.file, -1)
    return placed.length >= 0 and (placed.start == -1 or 0 <= placed.start <= size - placed.length)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=shared_worker.cache_clear)
