from __future__ import annotations

import random
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.pii.ip_address import find_ip_addresses

NUMBERED = (
    "section {}", "Section {}.", "Sections {} and {}", "§ {}", "§§{}–{}", "Chapter {}: results", "see clause {}, {} or {}", "Appendix A.{}",
    "version {}", "Version: {}", "version={}", '"version": "{}"', "v{}", "v. {}", "versions {}, {} and {}", "ver {}", "release {}",
    "from version {} to {}", "build {}", "version number {}", "firmware {}", "Oracle Database {}", "Windows {}", "Chrome/{} Safari/{}",
    "libx.so.{}", "tool-{}.tar.gz", "tool_{}", "{}-beta2", "{}.{}", "{}rc1", "x=={}", "x >= {}", "~> {}", "#{}", "FileVersion {}",
    "fig. {}",
)  # fmt: skip


def find(text: str) -> list[str]:
    return [text[start:end] for start, end in find_ip_addresses(text)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("93.184.216.34", "93.184.216.34"),
        ("the resolver 8.8.8.8.", "8.8.8.8"),
        ("8.8.4.4 is another", "8.8.4.4"),
        ("http://93.184.216.34:8080/a", "93.184.216.34"),
        ("http://who.test/ip/93.184.216.34", "93.184.216.34"),
        ("ip=93.184.216.34&x", "93.184.216.34"),
        ("IP number 93.184.216.34", "93.184.216.34"),
        ("for example 8.8.8.8", "8.8.8.8"),
        ("[93.184.216.34]", "93.184.216.34"),
        ("93.184.216.0/24", "93.184.216.0"),
        ("Windows 7, 93.184.216.34", "93.184.216.34"),
        ("服务器93.184.216.34的", "93.184.216.34"),
        ("::ffff:93.184.216.34", "93.184.216.34"),
        ("at 2606:2800:220:1:248:1893:25c8:1946.", "2606:2800:220:1:248:1893:25c8:1946"),
        ("2001:4860:4860::8888: up", "2001:4860:4860::8888"),
        ("[2606:2800::1]:443", "2606:2800::1"),
        ("2600::/12", "2600::"),
    ],
)
def test_a_public_address_is_found_to_its_borders(text: str, address: str) -> None:
    assert find(text) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.1", "192.168.1.1", "172.16.9.9", "127.0.0.1", "169.254.1.1", "0.0.0.0", "255.255.255.255", "224.0.0.251", "100.64.0.1",
        "192.0.2.7", "198.51.100.7", "203.0.113.7", "::1", "fe80::1", "fd00:1:2:3:4:5:6:7", "2001:db8::7", "ff02:0:0:0:0:0:0:fb",
    ],
)  # fmt: skip
def test_an_address_that_reaches_nobody_is_left_alone(text: str) -> None:
    assert find(f"host {text} up") == []


@pytest.mark.parametrize(
    "text",
    [
        "93.184.216.256", "93.184.216", "93.184.216.34.1", "1.93.184.216.34", "93.184.216.034", "x93.184.216.34", "93.184.216.34x",
        "3.1.2.1 Overview", "## 3.1.2.1 Overview", "as said in (see 3.1.2.1)", "12:30:45", "std::string", "Face::Bed", "a::b",
        "00:11:22:ff:fe:33:44:55", "2001:4860:4860::8888::1", "1:2:3:4:5:6:7:8",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_address_is_left_alone(text: str) -> None:
    assert find(text) == []


def test_ten_thousand_version_and_section_numbers_are_no_addresses() -> None:
    random.seed(0)
    for _ in range(10_000):
        form = random.choice(NUMBERED)
        most = random.choice([9, 20, 99, 255])
        numbers = [".".join(str(random.randint(0, most)) for _ in range(4)) for _ in range(3)]
        text = "We use " + form.format(*numbers) + " here"
        assert find(text) == [], text


@given(st.ip_addresses(v=4))
def test_an_address_is_found_if_and_only_if_it_is_public(address: object) -> None:
    # four small numbers may be a section, and before a title they are
    assert bool(find(f"request by {address}, refused")) == (
        ip_address(str(address)).is_global and not ip_address(str(address)).is_multicast
    )


@given(st.ip_addresses(v=6, network="2a00::/12"))
def test_an_ipv6_address_is_found_short_and_in_full(address: object) -> None:
    assert find(f"from {address} and {ip_address(str(address)).exploded}") == [str(address), ip_address(str(address)).exploded]
