"""Reports must add up."""

import pytest

from llm_assets.errors import AccountingError
from llm_assets.report import Report, sum_reports


def test_a_lost_document_is_an_accounting_error() -> None:
    with pytest.raises(AccountingError, match="10 documents in, but 7 kept and 2 rejected"):
        Report("extracted_text", 10, 7, {"mime": 2})


def test_reports_of_parts_add_up() -> None:
    total = sum_reports([Report("s", 3, 2, {"a": 1}, {"bytes": 10}), Report("s", 2, 0, {"b": 2}, {"bytes": 5})], "s")
    assert (total.read, total.kept, dict(total.rejected), dict(total.figures)) == (5, 2, {"a": 1, "b": 2}, {"bytes": 15})


def test_no_parts_make_an_empty_report() -> None:
    assert sum_reports([], "s").read == 0
