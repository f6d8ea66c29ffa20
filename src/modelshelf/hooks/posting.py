"""Post one message to an address that was checked, and read no more of the answer than its status.

The few lines of HTTP are our own, because what is needed is little and what must not happen is
much: no redirects, no proxies from the environment, no second look-up of the name, no answer that
never ends.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from modelshelf.domain.errors import Refused, Unavailable
from modelshelf.domain.text import safe
from modelshelf.hooks.addresses import Address, Lookup, Target, allowed, look_up

ANSWER_MOST = 64 * 1024
"""Bytes of an answer that are read at most."""
_CHUNK = 16 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?")
_RETRY_AFTER = re.compile(rb"(?im)^retry-after:[ \t]*([0-9]{1,9})[ \t]*\r?$")
_BLANK = re.compile(rb"\r?\n\r?\n")
_HEADER = re.compile(r"[!-9;-~]+: [ -~]*")
_FINAL = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered: its status, and the seconds that it asks to be left alone."""

    status: int
    retry_after: float = 0.0


def post(
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout: float,
    allow_loopback: bool = False,
    lookup: Lookup | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Post ``body`` and return the answer.

    Args:
        target: Where to.
        body: The bytes.
        headers: Besides Host, length and the like; ASCII without line ends.
        timeout: Seconds for all of it.
        allow_loopback: Whether this machine may be meant.
        lookup: Finds the addresses of the name; the system by default.
        tls: How a receiver proves its name; by the system's authorities by default.

    Raises:
        Refused: The address is not allowed, or a header cannot be sent.
        Unavailable: It could not be reached, or gave no answer.
    """
    deadline = time.monotonic() + timeout
    find = lookup or partial(look_up, seconds=timeout)
    addresses = allowed(target, find(target.host, target.port), allow_loopback=allow_loopback)
    try:
        with _connect(target, addresses, deadline, tls) as channel:
            return _exchange(channel, _request(target, body, headers), deadline)
    except TimeoutError:
        raise Unavailable(f"{target.shown} gave no answer within {timeout:g} s") from None
    except ssl.SSLCertVerificationError as exc:
        why = safe(exc.verify_message, 200)
        raise Unavailable(f"{target.shown} does not prove its name", why=why) from None
    except (OSError, ssl.SSLError) as exc:
        why = safe(exc.strerror or getattr(exc, "reason", "") or type(exc).__name__, 200)
        raise Unavailable(f"{target.shown} cannot be reached", why=why) from None


def _connect(
    target: Target, addresses: Sequence[Address], deadline: float, tls: ssl.SSLContext | None
) -> socket.socket:
    plain = _open(addresses, target.port, deadline)
    if not target.secure:
        return plain
    try:
        plain.settimeout(_left(deadline))
        context = tls or ssl.create_default_context()
        return context.wrap_socket(plain, server_hostname=target.host.rstrip("."))
    except BaseException:
        plain.close()
        raise


def _open(addresses: Sequence[Address], port: int, deadline: float) -> socket.socket:
    """Connect to the first address that takes it, and make sure that it is that one."""
    trouble: OSError = OSError("no address")
    for number, address in enumerate(addresses):
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004
        channel = socket.socket(family, socket.SOCK_STREAM)
        try:
            # One that is silent must leave time for the others.
            channel.settimeout(_left(deadline) / (len(addresses) - number))
            channel.connect((str(address), port))
            _check_peer(channel, address)
            return channel
        except OSError as exc:
            channel.close()
            trouble = exc
        except BaseException:
            channel.close()
            raise
    raise trouble


def _check_peer(channel: socket.socket, address: Address) -> None:
    if ipaddress.ip_address(channel.getpeername()[0]) != address:
        raise OSError("another address answered")


def _request(target: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not all(map(_HEADER.fullmatch, lines[1:])):  # the id comes from a file that others may write
        raise Refused("a message with a line end or a letter of no ASCII in its head is not sent")
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("ascii") + body


def _exchange(channel: socket.socket, request: bytes, deadline: float) -> Answer:
    rest = memoryview(request)
    # Who refuses early may close before everything is sent; the answer is there all the same.
    with suppress(BrokenPipeError, ConnectionResetError):
        while rest:
            channel.settimeout(_left(deadline))
            rest = rest[channel.send(rest[:_CHUNK]) :]
    received, count = bytearray(), 0
    while count < ANSWER_MOST:
        answer = _read(received)
        if answer is not None:
            return answer
        channel.settimeout(_left(deadline))
        chunk = channel.recv(min(_CHUNK, ANSWER_MOST - count))
        if not chunk:
            break
        received += chunk
        count += len(chunk)
    raise OSError("the answer is no HTTP" if count else "it hung up without an answer")


def _read(received: bytearray) -> Answer | None:
    """Return the answer as soon as its head is there; heads that only say "go on" are left out."""
    while True:
        end = _BLANK.search(received)
        line = received.find(b"\n")
        if line < 0:
            return None
        status = _STATUS.fullmatch(received[:line])
        if status is None:
            raise OSError("the answer is no HTTP")
        if end is None:
            return None
        code = int(status[1])
        if code >= _FINAL:
            asked = _RETRY_AFTER.search(received[: end.end()])
            return Answer(code, float(asked[1]) if asked else 0.0)
        del received[: end.end()]


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
