"""Which addresses a webhook may reach: public ones, judged as they are resolved, not as they are written."""

import asyncio
import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

# Public by their numbers, but answered by the machines of a cloud with what only their owner may know.
_METADATA = frozenset(map(ip_address, ("168.63.129.16", "192.0.0.192")))
# These carry an IPv4 address inside, which a gateway would reach.
_CARRIERS = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))
# Nobody on the internet is there: this host, relays that are no more, documentation.
_NOBODY = tuple(map(ip_network, ("0.0.0.0/8", "192.88.99.0/24", "3fff::/20")))

_LONGEST_NAME = 253
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}\.?", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)


class Forbidden(Exception):
    """An address that must not be reached."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether anybody on the internet may be there, and no service of this machine, network or cloud."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.is_site_local or any(address in network for network in _CARRIERS):
            return False
    if any(address in network for network in _NOBODY):
        return False
    special = address.is_multicast or address.is_reserved or address in _METADATA
    return address.is_global and not special


def is_host(host: str) -> bool:
    """Whether it is a name that a host may have (RFC 1123), or an address, an IPv6 one in brackets."""
    if host.startswith("["):
        try:
            return bool(IPv6Address(host.strip("[]").partition("%")[0]))
        except ValueError:
            return False
    return len(host) <= _LONGEST_NAME and _NAME.fullmatch(host) is not None


def forbidden_host(host: str) -> bool:
    """Whether a host, as written in a URL, is an address that must not be reached."""
    try:
        return not is_public(_address(host.strip("[]").partition("%")[0]))
    except ValueError:
        return host.rstrip(".").lower() == "localhost" or host.lower().rstrip(".").endswith(".localhost")


def _address(text: str) -> IPv4Address | IPv6Address:
    """The address, in whatever spelling resolvers take (127.1, 0x7f000001). Raises ValueError for a name."""
    try:
        return ip_address(text)
    except ValueError:
        if not _DIGITS.fullmatch(text):
            raise
    try:
        return IPv4Address(socket.inet_aton(text))
    except OSError as error:
        raise ValueError(text) from error


async def resolve(host: str, port: int, *, allow_private: bool) -> str:
    """An address of the host. Raises Forbidden where any of its addresses must not be reached, OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses:
        raise OSError(f"{host} has no address")
    for address in addresses:
        if not allow_private and forbidden_host(address):
            raise Forbidden(f"{host} is at {address}, which is no public address")
    return addresses[0]
