"""Which addresses a webhook may be posted to: public ones by https, this machine if allowed.

The policy is written by people, but names are answered by others: a name that leads into the own
network would make the registry a way around its walls. So a name is looked up once, every address
that it has must be public by our own rules, and that very address is connected to.
"""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from urllib.parse import urlsplit

from modelshelf.domain.errors import Invalid, Refused, Unavailable
from modelshelf.domain.text import safe

PORTS = (443, 8443)
Address = IPv4Address | IPv6Address
Lookup = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a name, as text."""

_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*)(\.[A-Za-z0-9_-]+)*\.?")
_PRINTABLE = re.compile(r"[!-~]+")
_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")
_TRANSLATED = ip_network("::ffff:0:0:0/96")
_UNICAST = ip_network("2000::/3")
# What Python 3.11 calls global, or may call so one day, and is not one machine on the internet; the
# last one is what Azure's own service answers on inside of every machine there.
_SPECIAL_4 = tuple(
    map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "168.63.129.16/32"))
)
_SPECIAL_6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
_ISATAP = (0x00005EFE, 0x02005EFE)
_LOW_32 = 0xFFFFFFFF
_PORT_MOST = 65_535


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook is posted to, as its address says.

    Attributes:
        secure: Whether by https.
        host: The name or address, in ASCII, without brackets.
        port: The port.
        path: Path and query.
    """

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What stands in the header ``Host``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The address without its path and query, which are secret with some receivers."""
        return f"{'https' if self.secure else 'http'}://{self.authority}"


def read_target(url: str) -> Target:
    """Return where ``url`` leads.

    Raises:
        Invalid: It is no address of the web, or holds a password.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise _unusable("it cannot be read") from None
    if parts.scheme not in ("https", "http") or not host:
        raise _unusable("it does not begin with https:// and a name")
    if not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise _unusable("it holds a character that does not belong into an address")
    if "@" in parts.netloc:
        raise _unusable("it holds a login, which would go into the log with the policy")
    if not (_HOST.fullmatch(host) or _is_address(host)) or port == 0:
        raise _unusable("it names no machine")
    secure = parts.scheme == "https"
    query = f"?{parts.query}" if parts.query else ""
    return Target(secure, host, port or (443 if secure else 80), f"{parts.path or '/'}{query}")


def allowed(target: Target, found: Sequence[str], *, allow_loopback: bool) -> tuple[Address, ...]:
    """Return the addresses to try; all of them are allowed, or none.

    Args:
        target: Where the webhook is posted to.
        found: The addresses that its name has.
        allow_loopback: Whether this machine may be meant.

    Raises:
        Refused: One of them is not allowed, or the way to it.
        Unavailable: There are none.
    """
    addresses = tuple(dict.fromkeys(ipaddress.ip_address(text) for text in found))
    if not addresses:
        raise Unavailable(f"{safe(target.host, 100)} has no address")
    if allow_loopback and all(is_loopback(address) for address in addresses):
        return addresses
    for address in addresses:
        if not is_public(address):
            raise Refused(
                f"{safe(target.host, 100)} must not be posted to",
                why=f"its address {address} is not public",
                hint="allow_loopback = true lets a hook post to this machine."
                if is_loopback(address)
                else "",
            )
    if not target.secure:
        raise Refused(
            f"{safe(target.host, 100)} must not be posted to", why="http is for this machine only"
        )
    if target.port not in PORTS:
        raise Refused(
            f"{safe(target.host, 100)} must not be posted to",
            why=f"port {target.port} is not allowed",
            required="443 or 8443",
        )
    return addresses


def is_public(address: Address) -> bool:
    """Whether this is one machine on the internet, whatever it is wrapped into."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        inner = _unwrapped(address)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST or any(address in net for net in _SPECIAL_6):
            return False
    elif any(address in net for net in _SPECIAL_4):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_loopback(address: Address) -> bool:
    """Whether this is the machine itself."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def look_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """Return the addresses of a name.

    Raises:
        Unavailable: It has none, or nobody said so in time.
    """
    said: queue.SimpleQueue[tuple[str, ...] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            said.put(tuple(str(entry[4][0]) for entry in found))
        except (OSError, UnicodeError) as exc:
            said.put(exc if isinstance(exc, OSError) else OSError(str(exc)))

    # The system's own patience is longer than ours, and cannot be set.
    threading.Thread(target=ask, name="modelshelf-lookup", daemon=True).start()
    try:
        answer = said.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        raise Unavailable(f"{safe(host, 100)} was not found in time") from None
    if isinstance(answer, OSError):
        raise Unavailable(
            f"{safe(host, 100)} cannot be found", why=answer.strerror or ""
        ) from answer
    return answer


def _unwrapped(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that is reached through this one; of two, one that is not public."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return next((inner for inner in address.teredo if not is_public(inner)), address.teredo[1])
    number = int(address)
    inside = number >> 32 & _LOW_32 in _ISATAP
    if inside or any(address in net for net in (_NAT64, _COMPATIBLE, _TRANSLATED)):
        return IPv4Address(number & _LOW_32)
    return None


def _is_address(host: str) -> bool:
    try:
        return "%" not in host and bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _unusable(why: str) -> Invalid:
    return Invalid("the address of a hook cannot be used", why=why, required="https://name/path")
