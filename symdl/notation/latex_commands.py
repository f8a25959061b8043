"""The commands of LaTeX that the reader knows, by what becomes of them."""

from __future__ import annotations

import re

from .tokens import UNICODE_NAMES, UNICODE_OPERATORS, UNICODE_RELATIONS, Kind, paired, words

IGNORED = frozenset(
    words(
        ", : ! > space thinspace displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber notag "
        "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm middle "
        "boldmath unboldmath mathstrut strut hline allowbreak nobreak centering boxed mathbin mathrel mathop "
        "mathopen mathclose mathord mathpunct mathinner protect relax tiny scriptsize footnotesize small normalsize "
        "large Large LARGE huge Huge ensuremath fbox medspace thickspace negthinspace negmedspace enspace hfill hfil "
        "displaylimits smash noindent par"
    )
) | {" ", ";", "\n", "/"}
IGNORED_ARGUMENTS = {
    **dict.fromkeys(words("color hspace vspace label tag phantom hphantom vphantom kern textcolor"), 1),
    "rule": 2,
}
"""Commands that are passed over, with the number of their arguments."""
ROW_SPACING = re.compile(r"\[\s*[+-]?[\d.]+\s*(?:pt|em|ex|mm|cm|in|mu|\\baselineskip|\\jot)\s*\]")
r"""The length in ``\\[-1.ex]`` and ``\rule[-1ex]{0pt}{2ex}``."""
SEPARATORS = frozenset(words("quad qquad Rightarrow Longrightarrow implies iff Leftrightarrow therefore because"))
RELATIONS = paired(
    "le <= leq <= leqslant <= ge >= geq >= geqslant >= ne != neq != lt < gt > ll < gg > approx ~= simeq ~= equiv = "
    "sim ~ in in notin notin subset subset subseteq subset propto propto leftarrow <- gets <- longleftarrow <- "
    "to -> rightarrow -> mapsto -> longmapsto -> longrightarrow -> coloneqq := coloneq := defeq := eqdef := "
    "triangleq := doteq := colon : approxeq ~= cong ~= thickapprox ~= thicksim ~ varpropto propto gt > leqq <= "
    "geqq >= lneq < gneq >"
)
OPERATORS = paired("cdot cdot times * ast * div / oslash / odot odot circ odot otimes otimes pm ± mp ± bullet cdot")
OPENING = paired("{ { lbrace { lbrack [ lparen ( langle ⟨ lvert | lVert ‖ llbracket [")
CLOSING = paired("} } rbrace } rbrack ] rparen ) rangle ⟩ rvert | rVert ‖ rrbracket ]")
BARS = paired("| ‖ Vert ‖ vert | mid | given |")
CONNECTIVES = paired("land ∧ wedge ∧ lor ∨ vee ∨")
STRUCTURES = frozenset(
    words(
        "frac dfrac tfrac cfrac nicefrac sfrac sqrt nabla partial sum prod lim int over underbrace overbrace forall "
        "exists neg lnot"
    )
)
TEXT = frozenset(
    words(
        "text textrm textnormal textit textbf texttt textsf textsc textup mbox hbox mathrm operatorname mathit "
        "mathtt mathup"
    )
)
OLD_FONTS = paired("bf mathbf cal mathcal rm mathrm it mathit sf mathsf tt mathtt frak mathfrak Bbb mathbb")
"""Commands that hold up to the end of their group, and those that take an argument."""
REFUSED = {
    **dict.fromkeys(("lfloor", "rfloor", "lceil", "rceil"), "rounding to integers is not read"),
    "lg": "\\lg is the logarithm to base 2 or to base 10: write \\log_2 or \\log_{10}",
    "binom": "binomial coefficients are not read",
    **dict.fromkeys(("iint", "oint", "iiint"), "integrals over more than one variable are not read"),
    **dict.fromkeys(("succeq", "preceq", "succ", "prec"), "the order of matrices is not read"),
    **dict.fromkeys(("cup", "cap", "setminus", "emptyset", "varnothing"), "sets are not calculated with"),
}
"""Commands that are known and not read, with the reason."""
SYMBOLS = paired("infty oo ell ell top top intercal top star star hbar hbar imath i jmath j Re Re Im Im dagger dagger")
SPLIT_ROWS = frozenset(words("align aligned equation eqnarray gather gathered split multline math displaymath"))
NOTES = frozenset(
    words(
        "if otherwise else and or where for with when is then so that given all any subject to "
        "hence thus therefore moreover also while but because since i.e. e.g. we have let similarly"
    )
)

CHARACTERS: dict[str, tuple[Kind, str]] = {
    **{c: ("operator", c) for c in "+-*/"},
    **{c: ("open", c) for c in "(["},
    **{c: ("close", c) for c in ")]"},
    "_": ("subscript", "_"),
    "^": ("superscript", "^"),
    ",": ("comma", ","),
    ";": ("semicolon", ";"),
    ".": ("period", "."),
    "|": ("bar", "|"),
    "‖": ("bar", "‖"),
    "!": ("factorial", "!"),
    ":": ("relation", ":"),
    "…": ("ellipsis", "…"),
    "∧": ("note", "∧"),
    "∨": ("note", "∨"),
    "√": ("command", "sqrt"),
    "∇": ("command", "nabla"),
    "∂": ("command", "partial"),
    "∑": ("command", "sum"),
    "∏": ("command", "prod"),
    **{c: ("name", name) for c, name in UNICODE_NAMES.items()},
    **{c: ("relation", name) for c, name in UNICODE_RELATIONS.items()},
    **{c: ("operator", name) for c, name in UNICODE_OPERATORS.items()},
}
"""The kind of token and the text that a single character stands for."""

DEFINED_AS = re.compile(
    r"\\(?:stackrel|overset)\s*\{\s*(?:\\[a-z]+\s*\{\s*)?(?:def\.?|def\s*inition|\\triangle|\\Delta|!|\\tiny\s*def|\.)"
    r"\s*\}?\s*\}\s*\{\s*=\s*\}"
)
POWER_OF_TEN = re.compile(
    r"\s*(?:\\(?:mathrm|text|rm)\s*\{\s*[eE]\s*\}|\{\\rm\s+[eE]\s*\})\s*\{?\s*([+\-−–]?\s*\d+)\s*\}?"
)
