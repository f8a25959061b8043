"""Derivatives of functions whose brackets are left out, and by what they depend on only through a definition."""

from __future__ import annotations

import pytest

import symdl

NOTES = r"""Let $f(x) = \alpha x^2$, $L(y, u) = -y \log u - (1-y) \log(1-u)$ and $u = \frac{1}{1+e^{-z}}$.

$$STATEMENT$$
"""


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        (r"\frac{\partial f}{\partial \alpha} = x^2", "proved"),
        (r"\frac{\partial f(x)}{\partial \alpha} = x^2", "proved"),
        (r"\frac{\partial f}{\partial \alpha} = 3\alpha^2", "refuted"),
        (r"\frac{\partial f}{\partial w} = 2\alpha w", "proved"),
        (r"\frac{\partial L}{\partial u} = \frac{u - y}{u(1-u)}", "proved"),
        (r"\frac{\partial^2 L}{\partial u\,\partial y} = \frac{-1}{u(1-u)}", "proved"),
        (r"\frac{\partial L}{\partial z} = u - y", "proved"),
        (r"\frac{\partial L}{\partial z} = y - u", "refuted"),
        (r"\frac{\partial L}{\partial w} = y", "unread"),
    ],
)
def test_a_derivative_by_any_name_is_judged_by_what_the_function_was_defined_as(statement: str, outcome: str) -> None:
    found = symdl.check_text(NOTES.replace("STATEMENT", statement), name="notes.md").files[0].statements
    assert found[-1].outcome == outcome, found[-1]


def test_rules_and_lengths_between_rows_are_layout() -> None:
    rows = r"&\rule{9mm}{0.4pt} \\[-1.ex] &a = 1 \\[-1.ex] &b = 2 \\[1ex] &\rule[1ex]{9mm}{1pt}"
    text = rf"$$\begin{{aligned}} {rows} \end{{aligned}}$$"
    statements = symdl.check_text(text, name="notes.md").files[0].statements
    assert [(found.tex, found.outcome) for found in statements] == [("a = 1", "defined"), ("b = 2", "defined")]
