"""Tokens, the limits on what is read, and the alphabets that both tokenizers share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from symdl.core import ReadError

MAX_LENGTH = 20_000
"""Characters in one formula."""
MAX_DEPTH = 40
"""Brackets, fractions, scripts inside one another."""
MAX_DIGITS = 1_000
"""Digits in one number, and the largest decimal exponent."""

Kind = Literal[
    "number",
    "name",
    "function",
    "open",
    "close",
    "left brace",
    "right brace",
    "bar",
    "operator",
    "relation",
    "subscript",
    "superscript",
    "prime",
    "comma",
    "semicolon",
    "period",
    "break",
    "separator",
    "cell",
    "begin",
    "end of environment",
    "command",
    "note",
    "ellipsis",
    "factorial",
    "end",
]


@dataclass(frozen=True)
class Token:
    """One token: its kind, its canonical text, and where it stands."""

    kind: Kind
    text: str
    start: int
    end: int


def words(text: str) -> tuple[str, ...]:
    """The words of a table that is written as one line."""
    return tuple(text.split())


def paired(text: str) -> dict[str, str]:
    """A table that is written as words in pairs.

    >>> paired("le <= ge >=")
    {'le': '<=', 'ge': '>='}
    """
    entries = text.split()
    return dict(zip(entries[::2], entries[1::2], strict=True))


_LOWER = words(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi "
    "psi omega"
)
_UPPER = words("Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega")
GREEK = (*_LOWER, *words("varepsilon vartheta varpi varrho varsigma varphi"), *_UPPER)

UNICODE_NAMES = {
    **dict(zip("αβγδεζηθικλμνξπρστυφχψω", _LOWER, strict=True)),
    **dict(zip("ΓΔΘΛΞΠΣΥΦΨΩ", _UPPER, strict=True)),
    **paired("ϵ epsilon ϑ vartheta ϖ varpi ϱ varrho ς varsigma ϕ phi ∞ oo ℓ ell µ mu ⊤ top"),
}

UNICODE_RELATIONS = paired(
    "≤ <= ⩽ <= ≥ >= ⩾ >= ≠ != ≈ ~= ≔ := ← <- → -> ∈ in ∉ notin ∼ ~ ∝ propto ≡ = ⊂ subset ⊆ subset"
)
UNICODE_OPERATORS = paired("− - – - — - · cdot ⋅ cdot ∙ cdot × * ∗ * ÷ / ∕ / ⊙ odot ∘ odot ⊗ otimes ± ±")
ACCENTS = paired(
    "mathbf bold boldsymbol bold bm bold pmb bold symbf bold mathcal cal mathscr scr mathbb bb mathfrak frak "
    "mathsf sans hat hat widehat hat bar bar overline bar tilde tilde widetilde tilde dot dot ddot ddot vec vec "
    "check check breve breve underline under"
)
"""Commands that decorate a letter, and the words for it."""
TABLES = frozenset(words("cases dcases matrix bmatrix pmatrix Bmatrix vmatrix Vmatrix smallmatrix array"))
"""Environments of rows with cells."""

PRIMES = {"'": 1, "’": 1, "′": 1, "ʹ": 1, "″": 2, "‴": 3, "‘": 1}

SUPERSCRIPTS = {"²": "2", "³": "3", "¹": "1"}

_INVERTED = words("sin cos tan sinh cosh tanh")
ABBREVIATIONS = frozenset({"TP", "FP", "TN", "FN"})
"""Capitals that are one name and no product."""

FUNCTION_NAMES = {
    **paired("ln log sgn sign"),
    **{name: name for name in words("exp log sqrt erf erfc abs sign max min clip log1p expm1")},
    **{name: name for name in words("sin cos tan cot sec csc sinh cosh tanh coth sech csch")},
    **{f"{front}{name}": f"arc{name}" for name in _INVERTED for front in ("arc", "a")},
    **paired("arsinh arcsinh arcosh arccosh artanh arctanh"),
}
"""Spellings of the functions with a fixed meaning, and their canonical names."""


OPERATOR_NAMES = frozenset(
    words(
        "arg argmax argmin det Pr dim ker sup inf softmax softplus tr diag sigmoid relu gelu silu "
        "Var Cov RMS MSE ReLU LeakyReLU KL"
    )
)
WORD_LENGTH = 6
"""A run of so many letters is a word, not a product."""


_RELATION = re.compile(r"=|\\(?:leftarrow|gets|coloneqq)(?![A-Za-z])")
_DIFFERENTIAL = re.compile(r"(?<![A-Za-z\\])d(?![A-Za-z])|\\int(?![A-Za-z])|∫")


def differentials_are_names(text: str) -> bool:
    """Whether ``dw`` is a quantity of its own: in an equation without a d or an integral."""
    return _RELATION.search(text) is not None and _DIFFERENTIAL.search(text) is None


def check_length(text: str) -> None:
    """Raise :class:`ReadError` for a text that is too long, or holds nothing."""
    if len(text) > MAX_LENGTH:
        raise ReadError(
            f"a formula of {len(text)} characters is longer than {MAX_LENGTH}",
            text=text[:120],
            position=0,
            remedy="split it into several formulas",
        )
    if not text.strip():
        raise ReadError("there is nothing to read", text=text, remedy="write a formula")


def check_number(text: str, whole: str, position: int) -> None:
    """Raise :class:`ReadError` for a number with too many digits or too large an exponent."""
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or (exponent and (len(exponent) > 6 or abs(int(exponent)) > MAX_DIGITS)):
        raise ReadError(
            f"a number with more than {MAX_DIGITS} digits",
            text=whole,
            position=position,
            remedy="write it as a power with a name for the exponent",
        )


def did_you_mean(word: str, known: list[str], otherwise: str) -> str:
    """A remedy that names the nearest known words, or ``otherwise``.

    >>> did_you_mean("sgmoid", ["sigmoid", "tanh"], "define it")
    'did you mean sigmoid?'
    """
    near = get_close_matches(word, known, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else otherwise
