"""A letter that is a function in one place and a number in another; leads that speak of one function only."""

from __future__ import annotations

import symdl


def outcomes(text: str) -> list[str]:
    return [found.outcome for found in symdl.check_text(text, name="notes.md").files[0].statements]


def test_the_argument_of_a_definition_is_a_number_whatever_it_is_elsewhere() -> None:
    text = r"""
Softplus is $s(x) = \log(1 + e^x)$.

Hinge: $H(s) = \max(0, 1 - ys)$ and $\rho(s) = s(\tau - \mathbb{1}[s<0])$.

$$\frac{\partial H}{\partial s} = \begin{cases} -y & ys < 1 \\ 0 & ys > 1 \end{cases}$$

$$\frac{\partial H}{\partial s} = \begin{cases} y & ys < 1 \\ 0 & ys > 1 \end{cases}$$
"""
    found = outcomes(text)
    assert "unread" not in found
    assert found[-2:] == ["proved", "refuted"]


def test_a_function_of_one_section_is_a_number_in_another_that_never_applies_it() -> None:
    text = r"""
# Activations

$\sigma(x) = \frac{1}{1+e^{-x}}$

# Normalisation

$h(x) = \frac{x - \mu}{\sigma}$ has $h'(x) = \frac{1}{\sigma}$, and not $h'(x) = \frac{1}{\sigma^2}$.
"""
    assert outcomes(text) == ["defined", "defined", "proved", "refuted"]


def test_a_bare_letter_stays_refused_where_its_section_applies_it() -> None:
    text = r"""
# Sigmoid

$\sigma(x) = \frac{1}{1+e^{-x}}$

# SiLU

$f(x) = x\sigma$, so $f'(x) = \sigma(x) + x\sigma(x)(1-\sigma(x))$.
"""
    assert "refuted" not in outcomes(text)


def test_a_lead_speaks_of_its_function_and_not_of_what_it_is_written_with() -> None:
    helper = r"\Phi(x) = \frac12\left(1 + \operatorname{erf}(x/\sqrt 2)\right)"
    assert outcomes(rf"GELU: $f(x) = x\Phi(x)$ with ${helper}$.") == ["defined", "defined"]
    assert outcomes(rf"GELU: with ${helper}$, $f(x) = x\Phi(x)$.") == ["defined", "defined"]
    assert outcomes(rf"GELU: with ${helper}$, $f(x) = 2x\Phi(x)$.") == ["defined", "refuted"]
