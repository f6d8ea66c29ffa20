"""Puts the terminal back in order when the system ends the app, or ends it with its terminal."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable

_FATAL = 128
HUNG_UP = _FATAL + 1
"""The exit code of a program whose terminal was closed, as SIGHUP would give it."""


def restore_on_signals(leave: Callable[[int], object]) -> None:
    """Leave the app in good order on SIGTERM and SIGHUP, where the system has them.

    Textual handles neither: without this the alternate screen and mouse reports stay on.

    Args:
        leave: Called with the exit code, 128 and the signal's number as shells count.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(number, leave, _FATAL + number)


def terminal_is_gone() -> bool:
    """Whether the terminal was closed and nobody told us, as when SIGHUP is ignored.

    Textual goes on reading what will never come, and that without a pause.
    """
    try:
        import termios
    except ImportError:  # Windows
        return False
    try:
        termios.tcgetattr(sys.__stdin__.fileno() if sys.__stdin__ is not None else 0)
    except ValueError:  # there was no standard input to begin with
        return False
    except (OSError, termios.error):
        return True
    return False
