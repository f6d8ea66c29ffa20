"""Puts the terminal back in order when the system ends the app."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable

_FATAL = 128


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
