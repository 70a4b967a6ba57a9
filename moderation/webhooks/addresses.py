"""Where webhooks may go: the public internet, and the networks that the operator has named."""

import queue
import re
import socket
import threading
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from moderation.config import Network

Address = IPv4Address | IPv6Address

PORTS = frozenset({443, 80, 8443, 8080})
DEFAULT_PORTS = {"https": 443, "http": 80}

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](:\d*)?")

# `is_global` alone lets some of these pass, which ones depends on the version of Python.
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and Alibaba's metadata service
        "168.63.129.16/32",  # Azure's platform service, at an address that looks public
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata service
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "2001::/23",  # Teredo and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4 wraps any IPv4 address, also a private one
        "3fff::/20",  # documentation
    )
)
_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")  # an IPv4 address in its last 32 bits; all that an IPv6-only host sees


class AddressRefused(Exception):
    """A webhook must not go there; the message says why, without the address."""


class HostUnknown(Exception):
    """The host name has no address."""


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's address in the parts a connection needs; `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str


def check_url(url: str, networks: Collection[Network]) -> Target:
    """Read a webhook's address, without asking for the host's.

    Raises:
        AddressRefused: a webhook cannot go there, whatever the host's address is.
    """
    if not url.isascii() or not url.isprintable() or set(' \\"<>^`{|}') & set(url):
        raise AddressRefused("The address must be plain ASCII without spaces: xn-- in its host, % in its path.")
    parts, port = _split(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise AddressRefused("The address must begin with https://.")
    if "@" in parts.netloc:
        raise AddressRefused("The address must not contain a user name or password.")
    target = Target(
        scheme=parts.scheme,
        host=_host(parts),
        port=DEFAULT_PORTS[parts.scheme] if port is None else port,
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
    if not networks:
        _require_ordinary(target)
    return target


def resolve(target: Target, networks: Collection[Network], *, timeout_s: float) -> str:
    """The one address to connect to. The name is asked for once, and every answer must be allowed.

    Raises:
        AddressRefused: an answer is neither public nor in *networks*, or the port or scheme is not for it.
        HostUnknown: there is no answer.
        TimeoutError: none came in time.
    """
    found = _look_up(target.host, target.port, timeout_s)
    if not all(_is_in(address, networks) for address in found):
        _require_ordinary(target)
    if not all(_is_in(address, networks) or _is_public(address) for address in found):
        raise AddressRefused("The host's address is not on the public internet, nor in an allowed network.")
    return str(found[0])


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError as error:
        raise AddressRefused("The address cannot be read: check its host and port.") from error


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc:
        if not _BRACKETED.fullmatch(parts.netloc):
            raise AddressRefused("The address must have an IPv6 address, and nothing else, in brackets.")
        try:
            return str(IPv6Address(host))
        except ValueError as error:
            raise AddressRefused("The address has no valid IPv6 address between its brackets.") from error
    if not _HOST.fullmatch(host):
        raise AddressRefused("The address has no valid host name.")
    return host.removesuffix(".")


def _require_ordinary(target: Target) -> None:
    if target.scheme != "https":
        raise AddressRefused("The address must begin with https://; http is for allowed networks only.")
    if target.port not in PORTS:
        raise AddressRefused("The port must be 443, 80, 8443 or 8080; others are for allowed networks only.")


def _look_up(host: str, port: int, timeout_s: float) -> list[Address]:
    """Every address of a host. The resolver cannot be given a deadline, so it is left behind at ours."""
    answers: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):  # UnicodeError: a label that is too long for DNS
            answers.put([])

    threading.Thread(target=ask, name="webhook-dns", daemon=True).start()
    try:
        found = answers.get(timeout=timeout_s)
    except queue.Empty:
        raise TimeoutError from None
    if not found:
        raise HostUnknown
    return [_unmapped(ip_address(entry[4][0])) for entry in found]


def _unmapped(address: Address) -> Address:
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Collection[Network]) -> bool:
    return any(address in network for network in networks)


def _is_public(address: Address) -> bool:
    if address in _NAT64:
        return _is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return (
        address.is_global and not address.is_multicast and not address.is_reserved and not _is_in(address, _NOT_PUBLIC)
    )
