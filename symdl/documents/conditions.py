"""Whether the words before a formula make it a condition, and not a claim: "assume A", "for A", "let A"."""

from __future__ import annotations

import re

from .blocks import MASK
from .formulas import Formula

_OPENING = (
    r"if|when|whenever|where|assum\w+|such that|suppos\w+|let|requir\w+|provided|unless|until|solv\w+|set|setting|"
    r"choos\w+|take|for|with|so that|satisf\w+|subject to|root of|given|as long as|condition\w*|constraint\w*|need\w*"
)
_CLAUSE = re.compile(rf".*\b({_OPENING})\b([^.]{{0,40}})$", re.IGNORECASE | re.DOTALL)
_OF_ITS_OWN = ("with", "for", "where", "if", "when", "given")
_HEADING = re.compile(rf"^#+ [^{MASK}]*")
_CLOSED = re.compile(
    r"[,:]\s*$|,.*\b(and|also)\s*$|"
    r"\b(then|hence|thus|therefore|we (have|get|obtain|see|find)|(it )?holds|it follows)\b",
    re.IGNORECASE | re.DOTALL,
)
_DIRECT = re.compile(
    r"\b(if|when|whenever|for|where|assum\w+|suppos\w+|given|provided|requir\w+|as long as)"
    rf"( that)?( (all|every|any|each|some))?\s*({MASK}\s*(and|or)\s*)?$",
    re.IGNORECASE,
)
_CLAIMING = re.compile(
    r"\b(then|hence|thus|so|therefore|always|we (have|get|obtain|see|find)|holds|it follows|implies|note( that)?|"
    r"clearly|indeed|inequality|bounded by|recall( that)?|satisfies|is|also)\s*[,:]?\s*$",
    re.IGNORECASE,
)
_FOR_ALL = re.compile(r"^[\s,]*(for (all|every|any|each)|always|everywhere|holds)\b", re.IGNORECASE)


def in_condition(formula: Formula) -> bool:
    r"""Whether a clause that states a condition is still open where a formula begins.

    "For $x > 0$," is closed by its comma, and so what follows it is a claim; "set" and "solve" stay open.
    "With $x > 0$" is closed by its formula where the next one stands right behind it, below a colon.
    """
    clause = _CLAUSE.match(_HEADING.sub("", formula.before))
    if clause is None or _CLOSED.search(clause[2]) is not None:
        return False
    return clause[1].lower() not in _OF_ITS_OWN or not clause[2].rstrip().endswith(MASK)


def is_assumed(formula: Formula) -> bool:
    """Whether a formula stands right behind "for", "if", "assume": what its neighbour is claimed under."""
    return _DIRECT.search(formula.before) is not None


def is_claimed(formula: Formula) -> bool:
    """Whether the words beside a formula say that it holds: "hence A", "A for all x"."""
    return _CLAIMING.search(formula.before) is not None or _FOR_ALL.match(formula.after) is not None
