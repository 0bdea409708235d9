from __future__ import annotations

import pytest

from llm_assets.pii.phone import find_phone_numbers


def find(text: str) -> list[str]:
    return [text[start:end] for start, end in find_phone_numbers(text)]


@pytest.mark.parametrize(
    "number",
    [
        "+49 30 1234567", "+49 (0)30 123-4567", "+12125550187", "+1 212-555-0187", "+47 22 12 34 56", "0049 30 1234567", "(212) 555-0187",
        "212-555-0187", "212.555.0187 x12", "1-800-555-0187", "212 555 0187 ext. 4", "020 7946 0958", "030/1234567", "030 / 1234567",
        "01 23 45 67 89", "01.23.45.67.89", "06-12345678", "0479 50 54 03", "(02) 9876 5432", "0171 1234567",
    ],
)  # fmt: skip
def test_a_number_written_to_be_dialled_is_found_whole(number: str) -> None:
    assert find(f"call {number}, ask for Ada") == [number]


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01", "01.03.2024", "01-03-2024 10:15", "05 12 2023 10 15", "2024-03-01 12:00:00", "1.2.3.4", "93.184.216.34", "3.1.2.1",
        "978-3-16-148410-0", "0-306-40615-2", "1234567890", "4111 1111 1111 1111", "4111-1111-1111-1111", "1 000 000 000", "12,345,678.90",
        "deadbeef0123456789", "+1234", "+1 2 3", "100 200 3000", "$2,125,550,187", "0.1234567890", "x212-555-0187", "212-555-01875",
    ],
)  # fmt: skip
def test_dates_versions_codes_and_sums_are_no_numbers(text: str) -> None:
    assert find(f"it says {text} here") == []


def test_numbers_in_a_row_are_found_apart() -> None:
    assert find("0171 1234567 0171 1234568 0171 1234569") == ["0171 1234567", "0171 1234568", "0171 1234569"]


@pytest.mark.parametrize("number", ["785 8949", "06-24312407", "(88) 684-334", "61 51 81", "2813882583", "0487 23 46 71", "+54 353 17 26"])
@pytest.mark.parametrize(
    "text",
    [
        "call {}", "Phone: {}", "TEL.: {} now", "you can reach me at {}.", "fax no. {}, please", "Teléfono\n{}", "{} office", "{}-Fax\nx",
        "{} (mobile)",
    ],
)  # fmt: skip
def test_beside_a_word_for_phones_a_local_number_is_found_whole(number: str, text: str) -> None:
    assert find(text.format(number)) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "call 2019-2020", "tel 2024-03-01", "call 01.03.2024", "we call 911", "phone 250 000 people", "call $785 8949", "call 785 8949%",
        "785 8949 officers", "recall 785 8949", "telling 785 8949", "call it 785 8949", "order 785 8949", "call 12345678901234567",
        "mobile, and 785 8949",
    ],
)  # fmt: skip
def test_a_word_for_phones_does_not_make_every_digit_one(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize("number", ["+999 30 1234567", "+1 202 555 01234"])
def test_an_international_number_has_a_country_and_fits_its_plan(number: str) -> None:
    assert find(f"it says {number} here") == []
