r"""The dress of an answer: what is typed differently and means the same to everybody.

Dollars and display brackets, Unicode letters, exponents, indices and fractions, ``X.T @ y``, ``50%``, ``1,000``,
``dL/dz`` and ``yhat`` are rewritten here; everything else is left to the reader.
"""

from __future__ import annotations

import re
import unicodedata
from math import factorial
from typing import Literal

from symdl.core import ReadError
from symdl.library import ACTIVATIONS
from symdl.notation.tokens import FUNCTION_NAMES, GREEK

from .branches import in_braces

LONGEST = 10_000
"""Longer answers are not read."""

_WRAPPERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), (r"\boxed{", "}"), ("**", "**"), ("`", "`"))
_UPPER = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱᵀᵗˣᵏ", "0123456789+-()niTtxk", strict=True))
_LOWER = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣ", "0123456789+-()aeoxhklmnpstijr", strict=True))
_UPPER_RUN = re.compile(f"[{''.join(map(re.escape, _UPPER))}]+")
_LOWER_RUN = re.compile(f"[{''.join(map(re.escape, _LOWER))}]+")
_FRACTIONS = {"½": "(1/2)", "⅓": "(1/3)", "⅔": "(2/3)", "¼": "(1/4)", "¾": "(3/4)"}
_ACCENTS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot"}
_ACCENTED = re.compile(r"([A-Za-zα-ωΑ-Ω])([\u0302\u0304\u0303\u0307])")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:(?:,|\{,\})\d{3})+(?:\.\d+)?")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*\\?%(?!\s*[\w(])")
_DERIVATIVE = re.compile(
    r"(?<![\w.])[d∂](?:\^?([2-9]))?([A-Za-zα-ω]\w*)\s*/\s*[d∂]([A-Za-zα-ω]\w*?)(?:\^([2-9]))?(?![\w(^])"
)
_OPERATOR = re.compile(r"(?<![\w.])[d∂]\s*/\s*[d∂]([A-Za-z])(?!\w)\s*([A-Za-z]*)\s*(?=[\[(])")
_BRACKETED_OPERATOR = re.compile(r"\(\s*([d∂]\s*/\s*[d∂][A-Za-z])\s*\)(?=\s*[A-Za-z\[(])")
_BUILDER = re.compile(r"\{\s*[A-Za-z]\w*\s*[:|]")
_LOG_TO_BASE = re.compile(r"(?<![A-Za-z_])log(?:(2|10)|_(\d+|[a-z]))\(")
_PRIMED_RUN = re.compile(r"(?<![A-Za-z_\\])([A-Za-z]{1,2})([A-Za-z])(?='+\()")
_SPELLINGS = {"eps": "epsilon", "lam": "lambda", "lmbda": "lambda", "lambd": "lambda", "lambda_": "lambda"}
_SPELLED = re.compile(rf"(?<![\w.\\])({'|'.join(_SPELLINGS)})(?![\w(.])")
_SPELLED_TEXT = re.compile(rf"\\(?:text|mathrm|mathit|operatorname)\s*\{{\s*({'|'.join(_SPELLINGS)})\s*\}}")
"""Names that Python answers give to letters whose own name is taken there."""
_MODULE = re.compile(r"\b(?:np|numpy|math|torch|jnp|tf)\.(?=[a-z])")
_WORD_CALL = re.compile(r"(?<![A-Za-z_])(?<![A-Za-z_]\d)([A-Za-z]+)(?=\()")
_HATTED = re.compile(r"(?<![A-Za-z0-9_])([A-Za-z]|theta|mu|sigma)(hat|bar|tilde)(?![A-Za-z])")
_TRANSPOSED = re.compile(r"\^T(?=[A-Za-z(])")
_NUMERIC = re.compile(r"(?<![\w.^/)])(\d+/\d+)(?=\s+(?:[A-Za-zα-ωΑ-Ω(\\]))")
"""``1/2 m v^2``: a space behind a fraction of numbers ends it."""
_BARE_POINT = re.compile(r"(?<=\d)\.(?![\d.A-Za-z])")
_CHOOSE = re.compile(r"\\[dt]?binom\s*(?:\{([\w+ -]+)\}|(\w))\s*(?:\{([1-4])\}|([1-4]))")
_BINOMIAL = re.compile(r"\\[dt]?binom\s*(?:\{([^{}]*)\}|(\w))\s*(?:\{([^{}]*)\}|(\w))")
_PARALLEL = re.compile(r"\\parallel(?![A-Za-z])|\\mid(?:\s|\\!)*\\mid(?![A-Za-z])")
_NAMED_SUM = re.compile(r"(?<![A-Za-z_])(sum|prod)(?=_(?:[a-z](?![A-Za-z_0-9])|\{))")
_BARE_SUM = re.compile(r"(?<![A-Za-z_.])(sum|prod)\(")
_INDEX_UNDER = re.compile(r"(?<![A-Za-z])[A-Za-z]\w*?_([a-z])(?![A-Za-z_0-9])")
_NUMBERED = re.compile(
    rf"(?<![A-Za-z_0-9.])({'|'.join(sorted(GREEK, key=len, reverse=True))}|[A-DF-Za-df-z])(\d)(?![\w(.])"
)
_CAPITAL_SUM = re.compile(r"[ΣΠ](?=_\{?[a-z]\s*=|_([a-z])\b.*_\1|_([a-z]) )")
_MOST_BINOMIALS = 12
_QUADS = re.compile(r"\\q?quad(?![a-z])")
_ROUNDED = re.compile(r"(?:\\left|\\right|\\[bB]igg?[lr]?)?\s*\\([lr](?:floor|ceil))(?![A-Za-z])")
_ROUNDINGS = {"lfloor": r"\operatorname{floor}(", "lceil": r"\operatorname{ceil}(", "rfloor": ")", "rceil": ")"}
_INVERSE = re.compile(r"\\(sin|cos|tan|sinh|cosh|tanh)\s*\^\s*\{\s*-\s*1\s*\}")
_CAPITAL = re.compile(r"(?<![A-Za-z])(?:Abs|Max|Min|Exp|Log|Ln|Sqrt|Sin|Cos|Tan|Tanh|Sinh|Cosh|Sign|Erf|Sigmoid)(?=\()")
_WORDS = re.compile(r"(?<![A-Za-z_^])[A-Za-z]{3,}(?=[(_*+/-])|\*")
_FULL_STOP = re.compile(r"(?<![.\d])\s*[.;,]\s*\Z|(?<=\d)\.\Z")
_KNOWN = {*FUNCTION_NAMES, *(name for item in ACTIVATIONS for name in (item.name, *item.also_called) if len(name) > 2)}

Dress = Literal["latex", "plain"]


def undressed(text: str) -> tuple[str, Dress]:
    r"""The answer in the letters that the reader takes, and the syntax that it is in.

    Raises :class:`ReadError` for an empty answer and for one that is too long.

    >>> undressed("  $x^{2}$. ")
    ('x^{2}', 'latex')
    >>> undressed("½x² + ŷ")
    ('(1/2)x^(2) + y_hat', 'plain')
    >>> undressed("{1, 2}")
    ('\\{1, 2\\}', 'latex')
    """
    if len(text) > LONGEST:
        raise ReadError(f"an answer of {len(text)} characters", text=text[:60], remedy=f"at most {LONGEST} are read")
    bare = _unwrapped(text.strip())
    if not bare:
        raise ReadError("the answer is empty", text=text[:60], remedy="write a formula")
    listed = "," in bare or _BUILDER.match(bare) is not None
    if bare[0] == "{" and bare[-1] == "}" and listed and _balanced(bare[1:-1]):
        bare = rf"\{{{bare[1:-1]}\}}"
    latex = "\\" in bare or (any(mark in bare for mark in ("^{", "_{")) and not _WORDS.search(bare))
    if " " in bare or "\\text" in bare:
        bare = in_braces(bare, latex=latex)
    if latex:
        return _latex(bare), "latex"
    alone = bare.isascii() and (bare.isalpha() or bare.isdigit())
    return _SPELLINGS.get(bare, bare) if alone else _plain(bare), "plain"


def _unwrapped(text: str) -> str:
    """Without dollars, display brackets, a box and the full stop of a sentence."""
    for _ in range(4):
        before, text = text, _FULL_STOP.sub("", text).strip()
        for opening, closing in _WRAPPERS:
            inside = text[len(opening) : len(text) - len(closing)]
            if text.startswith(opening) and text.endswith(closing) and len(text) >= len(opening) + len(closing):
                if opening == r"\boxed{" and not _balanced(inside):
                    continue
                if opening[0] == "$" and "$" in inside:
                    continue
                text = inside.strip()
        if text == before:
            break
    return text


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


def _common(text: str) -> str:
    if _THOUSANDS.fullmatch(text):
        text = text.replace("{,}", "").replace(",", "")
    text = _BARE_POINT.sub("", text) if "." in text else text
    if "/" in text:
        text = _NUMERIC.sub(r"(\1)", text)
    if "%" in text:
        text = _PERCENT.sub(r"(\1/100)", text)
    if text.isascii():
        return text
    text = "".join(_FRACTIONS.get(c, c) for c in text)
    text = "".join(unicodedata.normalize("NFKC", c) if "\U0001d400" <= c <= "\U0001d7ff" else c for c in text)
    return re.sub("[\uff01-\uff5e]", lambda found: unicodedata.normalize("NFKC", found.group()), text)


def _latex(text: str) -> str:
    text = _common(text)
    text = _BINOMIAL.sub(_choose, _CHOOSE.sub(_product, text)) if 0 < text.count("binom") <= _MOST_BINOMIALS else text
    text = _ROUNDED.sub(lambda found: _ROUNDINGS[found[1]], text) if "floor" in text or "ceil" in text else text
    text = _SPELLED_TEXT.sub(lambda found: rf"\{_SPELLINGS[found[1]]} ", text) if "{" in text else text
    text = _PARALLEL.sub(r"\\|", text) if "parallel" in text or "mid" in text else text
    text = _INVERSE.sub(r"\\arc\1 ", text) if "-" in text else text
    if "quad" in text and "=" not in text:
        text = _QUADS.sub(" ", text)
    if text.isascii():
        return text
    text = unicodedata.normalize("NFD", text) if not any(c in text for c in _ACCENTS) else text
    text = _ACCENTED.sub(lambda m: rf"\{_ACCENTS[m[2]]}{{{m[1]}}}", text)
    text = _UPPER_RUN.sub(lambda m: "^{" + "".join(_UPPER[c] for c in m.group()) + "}", text)
    return _LOWER_RUN.sub(lambda m: "_{" + "".join(_LOWER[c] for c in m.group()) + "}", text)


def _product(found: re.Match[str]) -> str:
    """A binomial coefficient as its product."""
    above, count = found[1] or found[2], int(found[3] or found[4])
    product = "".join(f"({above}-{k})" for k in range(count))
    return rf"\frac{{{product}}}{{{factorial(count)}}}"


def _choose(found: re.Match[str]) -> str:
    """A binomial coefficient by factorials."""
    above, below = found[1] or found[2], found[3] or found[4]
    return rf"\frac{{({above})!}}{{({below})!\,({above}-({below}))!}}"


_CHOOSE_CALL = re.compile(r"(?<![A-Za-z_])(?:binom|binomial|comb|choose)\(([^(),]+),([^(),]+)\)")
_DIGITS_AFTER = re.compile(r"(?<![A-Za-z_])(ln|sqrt)(\d+)(?![\w(.])")
_SET_OF_MAX = re.compile(r"(?<![A-Za-z_])(max|min)\s*\{([^{}]*)\}")
"""``ln2`` and ``max{x, 0}``: a function, then what it is applied to."""


def _plain(text: str) -> str:
    text = _common(text)
    if not text.isascii():
        text = _CAPITAL_SUM.sub(lambda m: "∑" if m.group() == "Σ" else "∏", unicodedata.normalize("NFD", text))
        text = _ACCENTED.sub(lambda m: f"{m[1]}_{_ACCENTS[m[2]]}", text)
        text = _UPPER_RUN.sub(lambda m: "^(" + "".join(_UPPER[c] for c in m.group()) + ")", text)
        text = text.replace("^(T)", "^T")
        text = _LOWER_RUN.sub(lambda m: _lowered("".join(_LOWER[c] for c in m.group())), text)
    text = _CAPITAL.sub(lambda found: found.group().lower(), text)
    if "/" in text:
        text = _applied(_BRACKETED_OPERATOR.sub(r" \1 ", text))
        text = _DERIVATIVE.sub(_derivative, text)
    text = _MODULE.sub("", text) if "." in text else text
    text = text.replace(".T", "^T").replace("@", "*") if ".T" in text or "@" in text else text
    text = _TRANSPOSED.sub("^T*", text) if "^T" in text else text
    text = _HATTED.sub(r"\1_\2", text)
    text = _PRIMED_RUN.sub(_primed, text) if "'" in text else text
    text = numbered(_to_base(text) if "log" in text else text)
    text = _summed(text) if "sum" in text or "prod" in text else text
    text = _CHOOSE_CALL.sub(r"((\1)!/((\2)!*((\1)-(\2))!))", text) if "b" in text else text
    text = _DIGITS_AFTER.sub(r"\1(\2)", text)
    text = _SET_OF_MAX.sub(r"\1(\2)", text)
    return _WORD_CALL.sub(_split_call, text)


def numbered(text: str) -> str:
    """``beta1`` as ``beta_1``: a number behind a letter is its index; ``lam`` is ``lambda``."""
    text = _SPELLED.sub(lambda found: _SPELLINGS[found[1]], text) if "l" in text or "eps" in text else text
    return _NUMBERED.sub(r"\1_\2", text)


def _summed(text: str) -> str:
    """``sum_j z_j`` with its sign, and ``sum(exp(z_j))`` with its index."""
    text = _NAMED_SUM.sub(lambda found: "∑" if found[1] == "sum" else "∏", text)
    found = _BARE_SUM.search(text)
    if found is None:
        return text
    depth, end = 1, found.end()
    while depth and end < len(text):
        depth, end = depth + (text[end] in "([") - (text[end] in ")]"), end + 1
    inner = text[found.end() : end - 1]
    letters = set(_INDEX_UNDER.findall(inner))
    if depth or "," in inner or len(letters) != 1:
        return text
    sign = "∑" if found[1] == "sum" else "∏"
    return f"{text[: found.start()]}({sign}_{letters.pop()} ({inner})){text[end:]}"


def _lowered(index: str) -> str:
    return f"_{index}" if index.isalnum() else f"_{{{index}}}"


def _applied(text: str) -> str:
    """``d/dx (...)`` and ``d/dx tanh(...)`` as ``diff(..., x)``."""
    found = _OPERATOR.search(text)
    if found is None:
        return text
    depth = 0
    for place in range(found.end(), len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if depth == 0:
            inner = found[2] + text[found.end() : place + 1]
            return text[: found.start()] + f"diff({inner}, {found[1]})" + _applied(text[place + 1 :])
    return text


def _derivative(found: re.Match[str]) -> str:
    order = found[1] or found[4]
    if (found[1] or "1") != (found[4] or "1"):
        return found.group()
    return f"diff({found[2]}, {found[3]}{f', {order}' if order else ''})"


def _to_base(text: str) -> str:
    """``log2(x)`` and ``log_b(x)`` as quotients of natural logarithms."""
    found = _LOG_TO_BASE.search(text)
    if found is None:
        return text
    depth, end = 1, found.end()
    while depth and end < len(text):
        depth, end = depth + (text[end] in "([") - (text[end] in ")]"), end + 1
    if depth:
        return text
    inner = _to_base(text[found.end() : end - 1])
    return f"{text[: found.start()]}(log({inner})/log({found[1] or found[2]})){_to_base(text[end:])}"


def _primed(found: re.Match[str]) -> str:
    """``xf'(`` as ``x*f'(``: a prime is on one letter."""
    word = found.group()
    return word if word in _KNOWN or word in GREEK else "*".join(word)


def _split_call(found: re.Match[str]) -> str:
    """``xexp(`` as ``x*exp(``."""
    word = found[1]
    if word in _KNOWN or len(word) < 3:
        return word
    for cut in range(1, min(4, len(word) - 1)):
        if word[cut:] in _KNOWN:
            return f"{'*'.join(word[:cut])}*{word[cut:]}"
    return word
