"""Public IP addresses, told from the version and section numbers that look like them.

Private, loopback, reserved and documentation ranges reach nobody and are left alone.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from llm_assets.pii.kinds import WALL, Kind
from llm_assets.pii.numbering import is_numbering, is_same_list

_NEIGHBOUR = f"[0-9A-Za-z_{WALL}]"

# A longer run of numbers, or a word glued on (v1.2.3.4, so.1.2.3.4, tool-1.2.3.4, 1.2.3.4-beta, 1.2.3.4.tar), is no address.
_DOTTED = re.compile(
    rf"""
    [0-9] (?<!{_NEIGHBOUR}.)(?<![.].)(?<![A-Za-z{WALL}]-.) [0-9]{{0,2}}+
    (?:\.[0-9]{{1,3}}+){{3}}
    (?!{_NEIGHBOUR}|\.{_NEIGHBOUR}|[-+][A-Za-z])
    """,
    re.VERBOSE | re.DOTALL,
)
_COLONS = re.compile(
    rf"""
    [0-9A-Fa-f] (?<!{_NEIGHBOUR}.)(?<![:.].) [0-9A-Fa-f]{{0,3}}+
    :[0-9A-Fa-f:]{{1,38}}+
    (?!{_NEIGHBOUR}|:|\.{_NEIGHBOUR})
    """,
    re.VERBOSE | re.DOTALL,
)


def find_ip_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Places of public IPv4 and IPv6 addresses, without ports and prefix lengths.

    >>> list(find_ip_addresses("93.184.216.34:80, not 10.0.0.1, and not section 3.1.2.1"))
    [(0, 13)]
    """
    return heapq.merge(_find_dotted(text), _find_colons(text))


def _find_dotted(text: str) -> Iterator[tuple[int, int]]:
    number_end: int | None = None
    for match in _DOTTED.finditer(text):
        start, end = match.span()
        if is_same_list(text, number_end, start) or is_numbering(text, start, end):
            number_end = end
        elif _is_public_4(match[0]):
            yield start, end


def _find_colons(text: str) -> Iterator[tuple[int, int]]:
    for match in _COLONS.finditer(text):
        written = match[0] if match[0].endswith("::") else match[0].removesuffix(":")
        if _is_public_6(written):
            yield match.start(), match.start() + len(written)


def _is_public_4(text: str) -> bool:
    try:
        address = IPv4Address(text)
    except ValueError:  # a part past 255, or with a leading zero
        return False
    return address.is_global and not address.is_multicast


def _is_public_6(text: str) -> bool:
    groups = text.split(":")
    if "::" in text:
        # Scope operators (a::b) look alike: only what is given out, 2000::/3, with its first group in full.
        if text[0] not in "23" or len(groups[0]) != 4:
            return False
    elif len(groups) != 8 or max(map(len, groups)) < 3:  # eight pairs are a hardware address
        return False
    try:
        address = IPv6Address(text)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast


IP_ADDRESS = Kind(
    name="ip_address",
    find=find_ip_addresses,
    hint=r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9A-Fa-f]:[0-9A-Fa-f]{0,4}:",
    # RFC 5737: no host has these
    stand_ins=("192.0.2.1", "198.51.100.1", "203.0.113.1", "192.0.2.2", "198.51.100.2", "203.0.113.2"),
)
