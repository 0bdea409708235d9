from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from llm_assets.pii.card_number import find_card_numbers


def find(text: str) -> list[str]:
    return [text[start:end] for start, end in find_card_numbers(text)]


@pytest.mark.parametrize(
    "number",
    [
        "4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "5105105105105100", "2223003122003222", "378282246310005",
        "3782 822463 10005", "30569309025904", "3056 930902 5904", "6011000990139424", "3530111333300000", "6200000000000005",
        "6759649826438453",
    ],
)  # fmt: skip
def test_a_card_number_is_found_to_its_borders(number: str) -> None:
    assert find(f"pay {number}, please") == [number]
    assert find(f"?card={number}&x=1") == [number]


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424241", "1111111111111117", "9424242424242424", "4242 42424242 4242", "4242-4242 4242-4242", "x4242424242424242",
        "4242424242424242f", "14242424242424242", "42424242424242421", "0.4242424242424242", "4242424242424242.5", "4242,4242,4242,4242",
        "4006381333931", "1700000000000", "2024-03-01 12:00:00", "deadbeef4242424242424242", "510510510510510",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_card_number_is_left_alone(text: str) -> None:
    assert find(f"it says {text} here") == []


@given(st.integers(10**14, 10**15 - 1), st.sampled_from(["", " ", "-"]))
def test_sixteen_digits_of_an_issuer_are_a_card_if_and_only_if_the_last_one_checks(account: int, gap: str) -> None:
    digits = f"4{account:015}"
    grouped = gap.join(digits[place : place + 4] for place in range(0, 16, 4))
    assert find(f"card {grouped}.") == ([grouped] if luhn.is_valid(digits) else [])
