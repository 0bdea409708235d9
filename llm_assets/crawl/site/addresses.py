"""Keeps a crawl off addresses that are not of the open internet.

The resolver hands on only addresses that pass, and the connection goes to exactly those: a name that resolves to a private
address, now or at its next look-up, leads nowhere, whether it came from a seed, a link or a redirect.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer

METADATA = frozenset({ip_address("168.63.129.16")})
"""Services for the machine itself that lie at public addresses (Azure); the other clouds' are link-local or private."""

_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))  # of which Python holds some for global
_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet. An IPv6 address that wraps an IPv4 one is judged by that.

    >>> [is_public(address) for address in ("1.1.1.1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1")]
    [True, False, False, False]
    """
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        inner = _unwrap(parsed)
        if inner is None:
            return parsed in _UNICAST and parsed.is_global
        parsed = inner
    special = parsed.is_multicast or parsed in METADATA or any(parsed in network for network in _SPECIAL)
    return parsed.is_global and not special


def _unwrap(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


@implementer(IResolutionReceiver)
class PublicReceiver:
    """Passes on what a look-up finds, but for addresses that are not public."""

    def __init__(self, receiver: Any) -> None:
        self._receiver = receiver

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:  # noqa: N802, N803 - Twisted's interface
        """A look-up begins."""
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802 - Twisted's interface
        """An address was found."""
        if is_public(address.host):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802 - Twisted's interface
        """There are no more. Where none was passed on, the connection fails as that to an unknown name does."""
        self._receiver.resolutionComplete()


@implementer(IHostnameResolver)
class PublicResolver:
    """The reactor's own resolver, less the addresses that are not public. Scrapy installs it (``TWISTED_DNS_RESOLVER``)."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._resolver = reactor.nameResolver

    @classmethod
    def from_crawler(cls, crawler: object, reactor: Any) -> PublicResolver:
        """As Scrapy makes it."""
        del crawler
        return cls(reactor)

    def install_on_reactor(self) -> None:
        """Every look-up of the process goes through it from here on."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - Twisted's interface
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803 - Twisted's interface
        hostName: str,  # noqa: N803 - Twisted's interface
        portNumber: int = 0,  # noqa: N803 - Twisted's interface
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803 - Twisted's interface
        transportSemantics: str = "TCP",  # noqa: N803 - Twisted's interface
    ) -> IHostResolution:
        """Looks a name up; an address stands for itself and is judged like any other."""
        receiver = PublicReceiver(resolutionReceiver)
        found: IHostResolution = self._resolver.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)
        return found
