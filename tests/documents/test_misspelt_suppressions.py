"""A suppression comment in another spelling must not silence everything."""

from __future__ import annotations

import pytest

import symdl

WRONG = r"$\frac{d}{dx} x^2 = x$"


@pytest.mark.parametrize("order", ["ignore=DER001", "ignored", "ignore: DER001", "ignore(DER001)"])
def test_what_is_no_order_silences_nothing(order: str) -> None:
    report = symdl.check_text(f"<!-- symdl: {order} -->\n{WRONG}\n", name="notes.md")
    assert [finding.code for found in report.files[0].statements for finding in found.findings] == ["DER001"]


@pytest.mark.parametrize("comment", ["<!-- symdl: ignore -->", "<!--symdl:ignore-->", "<!-- symdl: ignore[DER001]-->"])
def test_orders_silence_with_and_without_codes_and_spaces(comment: str) -> None:
    report = symdl.check_text(f"{comment}\n{WRONG}\n", name="notes.md")
    assert not any(found.findings for found in report.files[0].statements)
