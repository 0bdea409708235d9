from __future__ import annotations

import pytest

from llm_assets.pii.us_ssn import find_us_ssns


def find(text: str) -> list[str]:
    return [text[start:end] for start, end in find_us_ssns(text)]


@pytest.mark.parametrize("number", ["536-90-4399", "001-01-0001", "899-99-9999"])
def test_a_number_that_could_be_given_out_is_found_to_its_borders(number: str) -> None:
    assert find(f"SSN: {number}, born") == [number]


@pytest.mark.parametrize(
    "text",
    [
        "000-12-3456", "666-12-3456", "900-12-3456", "536-00-4399", "536-90-0000", "078-05-1120", "987-65-4320", "536904399", "536-904399",
        "1536-90-4399", "536-90-43991", "x536-90-4399", "12-536-90-4399", "536-90-4399-1", "2024-03-0112", "536-90 4399", "536 90 4399",
    ],
)  # fmt: skip
def test_what_was_never_given_out_is_left_alone(text: str) -> None:
    assert find(f"it says {text} here") == []
