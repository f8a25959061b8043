"""Letters and signs of Unicode: small digits and letters, accents on letters, mathematical alphabets."""

from __future__ import annotations

import unicodedata

from .tokens import GREEK, UNICODE_NAMES, Kind, Token, paired

_ABOVE = paired("⁰ 0 ¹ 1 ² 2 ³ 3 ⁴ 4 ⁵ 5 ⁶ 6 ⁷ 7 ⁸ 8 ⁹ 9 ⁺ + ⁻ - ⁽ ( ⁾ ) ⁿ n ⁱ i ᵀ T ᵗ t ᵏ k ʲ j ˣ x ˡ l ᵐ m ᵢ i")
_BELOW = paired(
    "₀ 0 ₁ 1 ₂ 2 ₃ 3 ₄ 4 ₅ 5 ₆ 6 ₇ 7 ₈ 8 ₉ 9 ₊ + ₋ - ₍ ( ₎ ) ₐ a ₑ e ₕ h ᵢ i ⱼ j ₖ k ₗ l ₘ m ₙ n ₒ o ₚ p ᵣ r ₛ s "
    "ₜ t ᵤ u ᵥ v ₓ x ᵦ beta ᵧ gamma ᵨ rho ᵩ phi ᵪ chi"
)
del _ABOVE["ᵢ"]
SMALL = frozenset({*_ABOVE, *_BELOW})
"""Digits, signs and letters above or below the line."""

_MARKS = {
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0307": "dot",
    "\u0308": "ddot",
    "\u20d7": "vec",
    "\u0331": "under",
}
_ALPHABETS = (
    ("DOUBLE-STRUCK", "bb"),
    ("SCRIPT", "cal"),
    ("FRAKTUR", "frak"),
    ("BLACK-LETTER", "frak"),
    ("SANS-SERIF", "sans"),
    ("BOLD", "bold"),
)


def small_scripts(text: str, start: int) -> list[Token]:
    """The tokens of a run of small characters, as a script in braces: ``x⁻¹`` is ``x^{-1}``.

    >>> [token.text for token in small_scripts("ₜ₊₁", 0)]
    ['_', '{', 't', '+', '1', '}']
    """
    table = _ABOVE if text[start] in _ABOVE else _BELOW
    end = start
    while end < len(text) and text[end] in table:
        end += 1
    mark: Kind = "superscript" if table is _ABOVE else "subscript"
    tokens = [Token(mark, "^" if table is _ABOVE else "_", start, start), Token("left brace", "{", start, start)]
    place = start
    while place < end:
        following = place + 1
        if table[text[place]].isdigit():
            while following < end and table[text[following]].isdigit():
                following += 1
        tokens.append(_token("".join(table[c] for c in text[place:following]), place, following))
        place = following
    return [*tokens, Token("right brace", "}", end, end)]


def _token(written: str, start: int, end: int) -> Token:
    kinds: dict[str, Kind] = {"+": "operator", "-": "operator", "(": "open", ")": "close"}
    kind: Kind = "number" if written.isdigit() else kinds.get(written, "name")
    return Token(kind, written, start, end)


def composed_letter(text: str, start: int) -> tuple[str, int] | None:
    """A letter of a mathematical alphabet or with accents: its name with decorations, and where it ends.

    >>> composed_letter("ŷ", 0), composed_letter("ℒ(x)", 0), composed_letter("y", 0)
    (('y:hat', 1), ('L:cal', 1), None)
    """
    name = unicodedata.name(text[start], "")
    decorations = [word for alphabet, word in _ALPHABETS if alphabet in name] if "MATHEMATICAL" in name else []
    if text[start] in "ℒℝℕℤℚℙ𝔼ℓℋℱℬℰℳℛℐ" and text[start] != "ℓ":
        decorations = ["bb" if "DOUBLE-STRUCK" in name else "cal"]
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text[start]) if decorations else text[start])
    marks, end = plain[1:], start + 1
    while end < len(text) and text[end] in _MARKS:
        marks, end = marks + text[end], end + 1
    letter = UNICODE_NAMES.get(plain[0], plain[0])
    known = letter in GREEK or (len(letter) == 1 and letter.isascii() and letter.isalpha())
    if not known or not all(mark in _MARKS for mark in marks) or not (marks or decorations):
        return None
    return ":".join([letter, *decorations, *(_MARKS[mark] for mark in marks)]), end
