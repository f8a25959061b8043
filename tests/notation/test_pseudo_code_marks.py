"""Marks that library documentation uses in its formulas: names with underscores, two indices, shapes, colons."""

from __future__ import annotations

import pytest

import symdl


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (r"state\_sum_t \leftarrow state\_sum_{t-1} + g^2_t", "defined"),
        (r"\widehat{\beta}_{2_t} \leftarrow 1 - t^{\tau}", "defined"),
        (r"\textit{maximize}:", "noted"),
        ("(*)", "noted"),
        ("*", "noted"),
        (r"\eta^i_t \leftarrow \eta^i_{t-1}", "defined"),
        (r"S_t \leftarrow (m_t, v_t)", "noted"),
        (r"c \not= d", "noted"),
        ("(N, d_1, ..., d_K)", "noted"),
        (r"a \cdot * = b", "unread"),
        ("a = b *", "unread"),
    ],
)
def test_marks_of_documentation_are_read_and_assignments_are_no_identities(text: str, outcome: str) -> None:
    (found,) = symdl.check_text(f"Then ${text}$.", name="notes.md").files[0].statements
    assert found.outcome == outcome, found


def test_a_number_with_an_index_below_a_name_is_two_indices() -> None:
    first, second = symdl.check_text(r"$a_{2_t} = 3$ and $a_{2,t} = 3$.", name="notes.md").files[0].statements
    assert first.read_as == second.read_as
