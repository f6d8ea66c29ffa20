"""One child process as its parent sees it: started, asked, lent files, and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import weakref
from dataclasses import asdict
from pathlib import Path
from typing import Any

from modelshelf.formats.source import Source
from modelshelf.formats.worker.lending import asked_for
from modelshelf.formats.worker.setup import Setup
from modelshelf.formats.worker.values import describe
from modelshelf.formats.worker.wire import Wire

# Isolated from the environment and the user's packages. This very package is run, whichever others
# of its name could be found; the parent's other places come last.
_BEGIN = """
import gc, sys
gc.disable()
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
spec = PathFinder.find_spec("modelshelf", [sys.argv[2]])
sys.modules["modelshelf"] = package = module_from_spec(spec)
spec.loader.exec_module(package)
sys.path.extend(place for place in sys.argv[3:] if place not in sys.path)
from modelshelf.formats.worker.child import main
main(int(sys.argv[1]))
"""
_PLACES_OF_LIBRARIES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class Stale(Exception):
    """The child was gone before it was asked; another one may be."""


class Lost(Exception):
    """The child gave no answer.

    Attributes:
        rule: The finding's rule.
        detail: What happened, in one clause.
        family: Which inspector was looking, when that is known.
    """

    def __init__(self, rule: str, detail: str, family: str = "") -> None:
        """Keep the data."""
        super().__init__(detail)
        self.rule = rule
        self.detail = detail
        self.family = family


class Process:
    """A child process that looks into files.

    Attributes:
        served: Number of requests so far.
        worn: Whether it should be replaced: it has answered enough, or has grown.
        missing: Which limits its system could not give, in words; known when it is ready.
    """

    def __init__(self, setup: Setup) -> None:
        """Start it, without waiting until it is ready.

        Raises:
            OSError: It cannot be started.
        """
        self._setup = setup
        self._ready = False
        self.served = 0
        self.worn = False
        self.missing: tuple[str, ...] = ()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._child = _start(setup.python, theirs.fileno())
            except BaseException:
                ours.close()
                raise
        self._wire = Wire(ours)
        # Also when nobody calls `end`: at the latest when the interpreter leaves.
        self.end = weakref.finalize(self, _end, self._child, self._wire, os.getpid())
        self._wire.send(asdict(setup))

    @property
    def identity(self) -> int:
        """Its process id."""
        return self._child.pid

    def wait_until_ready(self) -> None:
        """Return when it has loaded everything and is shut in.

        Raises:
            Lost: It did not get that far.
        """
        if self._ready:
            return
        try:
            told = self._wire.receive(time.monotonic() + self._setup.start)
            self.missing = tuple(map(str, told["missing"]))
        except (OSError, EOFError, ValueError, LookupError, TypeError) as error:
            self.end()
            raise Lost("scan.crashed", "the process that looks did not start") from error
        self._ready = True

    def ask(self, question: str, source: Source) -> Any:  # noqa: ANN401 - plain values
        """Return the answer to a question about ``source``, as plain data.

        Raises:
            Stale: It was gone before.
            Lost: There is no answer, and the process is ended.
        """
        self.wait_until_ready()
        self.served += 1
        deadline = time.monotonic() + self._setup.waiting_seconds(source.size)
        try:
            self._send(question, source)
            return self._listen(source, deadline)
        except BaseException:  # also a Ctrl+C: the next message would be the answer to this one
            self.end()
            raise

    def _send(self, question: str, source: Source) -> None:
        request = {"question": question, **describe(source)}
        if self._child.poll() is not None:
            raise Stale
        try:
            if source.kind == "folder":
                self._wire.send(request)
                return
            # A file is opened in any case, so that it need not be asked for.
            with asked_for(source, 0) as (_, descriptor):
                self._wire.send(request, descriptor)
        except ConnectionError as error:
            raise Stale from error

    def _listen(self, source: Source, deadline: float) -> Any:  # noqa: ANN401 - plain values
        family, heard = "", False
        try:
            while True:
                told = self._wire.receive(deadline)
                heard = True
                if "open" in told:
                    with asked_for(source, told["open"]) as (refused, descriptor):
                        self._wire.send(refused, descriptor)
                elif "family" in told:
                    family = str(told["family"])
                else:
                    self.worn = bool(told["worn"]) or self.served >= self._setup.requests
                    return told["answer"]
        except TimeoutError as error:
            raise Lost("scan.time", "it took too long to look into", family) from error
        except (EOFError, ConnectionError) as error:
            raise self._death(family, heard=heard) from error
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            detail = "the process that looked gave no proper answer"
            raise Lost("scan.crashed", detail, family) from error

    def _death(self, family: str, *, heard: bool) -> Lost | Stale:
        try:
            code = self._child.wait(1)
        except subprocess.TimeoutExpired:
            return Lost("scan.crashed", "the process that looked hung up", family)
        if -code == signal.SIGKILL and not heard:
            return Stale()  # killed from outside, and perhaps before it was asked
        if -code == signal.SIGXCPU:
            return Lost("scan.time", "looking into it takes too much processor time", family)
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        return Lost("scan.crashed", f"the process that looked ended {how}", family)


def _start(python: str, descriptor: int) -> subprocess.Popen[bytes]:
    package = str(Path(__file__).parents[3])
    places = [place for place in sys.path if Path(place).is_absolute()]
    environment = {name: os.environ[name] for name in _PLACES_OF_LIBRARIES if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [python, "-I", "-c", _BEGIN, str(descriptor), package, *places],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(descriptor,),
        start_new_session=True,
        env=environment,
        cwd="/",
    )


def _end(child: subprocess.Popen[bytes], wire: Wire, owner: int) -> None:
    """End the child; in a process that was forked off its owner only let go of it."""
    wire.close()
    if os.getpid() != owner:
        child.returncode = 0  # nobody here may wait for it, or warn that it runs
        return
    child.kill()
    child.wait()
