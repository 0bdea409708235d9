from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.pii.iban import find_ibans

ACCOUNTS = [
    "GB29NWBK60161331926819",
    "DE75512108001245126199",
    "NO9386011117947",
    "FR7630006000011234567890189",
    "MT31MALT01100000000000000000123",
]


def group(account: str, gap: str = " ") -> str:
    return gap.join(account[place : place + 4] for place in range(0, len(account), 4))


def find(text: str) -> list[str]:
    return [text[start:end] for start, end in find_ibans(text)]


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("write", [str, str.lower, group, lambda account: group(account, "-")], ids=["joined", "lower", "groups", "dashes"])
@pytest.mark.parametrize("text", ["IBAN {}.", "{}", "to {} by May", "iban={}&x", "{} BANK", "({})", "支付{}谢谢"])
def test_an_account_is_found_to_its_borders(account: str, write, text: str) -> None:
    assert find(text.format(write(account))) == [write(account)]


@pytest.mark.parametrize(
    "text",
    [
        "GB29NWBK60161331926818", "GB29NWBK6016133192681", "XX29NWBK60161331926819", "GB29 NWBK 60161331 926819", "aGB29NWBK60161331926819",
        "GB29NWBK60161331926819x", "sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709", "ISBN 9783161484100", "de75",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_account_is_left_alone(text: str) -> None:
    assert find(f"it says {text} here") == []


@given(st.sampled_from(ACCOUNTS), st.integers(0, 12), st.sampled_from("0123456789"))
def test_no_account_has_a_digit_changed(account: str, place: int, digit: str) -> None:
    place = len(account) - 1 - place % 8
    changed = account[:place] + digit + account[place + 1 :]
    assert find(changed) == ([account] if changed == account else [])


def test_accounts_in_a_row_are_found_apart() -> None:
    assert find(", ".join(map(group, ACCOUNTS))) == [group(account) for account in ACCOUNTS]
