"""Questions and marks: what is asked, what counts as right, and what became of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .claims import Evidence, Witness
from .errors import DefinitionError
from .symbols import Source

Grade = Literal["RIGHT", "WRONG", "UNDECIDED", "UNREADABLE"]
GRADES: tuple[Grade, ...] = ("RIGHT", "WRONG", "UNDECIDED", "UNREADABLE")
Kind = Literal[
    "auto",
    "expression",
    "number",
    "interval",
    "set",
    "tuple",
    "matrix",
    "relation",
    "antiderivative",
    "update",
    "code",
    "truth",
    "choice",
    "blanks",
]
KINDS: tuple[Kind, ...] = (
    "auto",
    "expression",
    "number",
    "interval",
    "set",
    "tuple",
    "matrix",
    "relation",
    "antiderivative",
    "update",
    "code",
    "truth",
    "choice",
    "blanks",
)
Form = Literal["any", "expanded", "factored", "lowest terms", "single fraction"]
FORMS: tuple[Form, ...] = ("any", "expanded", "factored", "lowest terms", "single fraction")
FeedbackPolicy = Literal["full", "hint", "grade"]


@dataclass(frozen=True)
class Tolerance:
    """How far a number may be off: ``|answer - gold| <= max(absolute, relative * |gold|)``.

    With ``figures`` the answer must be the gold rounded to that many significant figures, and written with
    them. All three absent: the number is asked for exactly. They are decimals as text, and exact.
    """

    relative: str | None = None
    absolute: str | None = None
    figures: int | None = None


@dataclass(frozen=True)
class Choice:
    """One choice of a multiple-choice question: what is typed, what it says, what is answered to it."""

    key: str
    text: str
    feedback: str = ""


@dataclass(frozen=True)
class Policy:
    """What the setter of a question allows.

    ``partial``: several blanks and choices earn a part of the score. ``sampling``: agreement at many points,
    evaluated rigorously, counts as right where no proof is found, and is labelled so. ``feedback`` says how much
    is told: the misconception and the witness, the misconception as a hint, or the grade alone.
    """

    partial: bool = True
    sampling: bool = False
    feedback: FeedbackPolicy = "full"


@dataclass(frozen=True)
class Question:
    r"""A question with its right answer and everything that the answer may rest on.

    ``answer`` is text (LaTeX or plain); ``also`` are further right ones. ``given`` declares the context as all
    other functions take it: domains (``0 < k < 1``, ``t positive integer``), definitions (``\sigma(x) = ...``),
    ``f function``, ``W matrix(m, n)``. ``aliases`` pairs a name with the one that it stands for; ``names`` are
    names of several letters. ``wrt`` is the variable of an antiderivative, ``terms`` what the answer must be
    written in, ``label`` the left side that an answer may carry. For choices ``answer`` holds the right keys,
    separated by commas; for blanks it is empty and ``blanks`` holds a question each. ``settled_by`` names claims
    of the ledger, ``explanation`` is told with them after an answer is marked.

    >>> Question(r"\sigma(x)(1-\sigma(x))", id="sigmoid-derivative", prompt="Differentiate the sigmoid.").kind
    'auto'
    """

    answer: str
    id: str = ""
    prompt: str = ""
    kind: Kind = "auto"
    given: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    profile: str = "deep_learning"
    aliases: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    label: str = ""
    wrt: str = ""
    form: Form = "any"
    terms: tuple[str, ...] = ()
    tolerance: Tolerance = Tolerance()
    choices: tuple[Choice, ...] = ()
    blanks: tuple[Question, ...] = ()
    points: float = 1.0
    policy: Policy = Policy()
    accepted: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    settled_by: tuple[str, ...] = ()
    source: Source | None = None
    explanation: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DefinitionError(f"no kind of answer is called {self.kind!r}", remedy=f"one of {', '.join(KINDS)}")
        if self.form not in FORMS:
            raise DefinitionError(f"no form is called {self.form!r}", remedy=f"one of {', '.join(FORMS)}")
        if self.kind == "choice" and not self.choices:
            raise DefinitionError("a choice question without choices", remedy="give choices")
        if (self.kind == "blanks") != bool(self.blanks):
            raise DefinitionError("blanks belong to the kind blanks", remedy="give each blank its question")


@dataclass(frozen=True)
class Mark:
    """What became of an answer.

    RIGHT rests on a proof (or, where the policy allows it and ``sampled`` says so, on agreement at many points);
    WRONG on a confirmed witness or on a difference that needs none (another label, another choice). UNDECIDED:
    neither was found within the budget; UNREADABLE: the answer could not be read; ``feedback`` says why.
    ``misconception`` names the slip that leads from the right answer to this one. ``parts`` are the marks of
    several blanks.
    """

    grade: Grade
    score: float
    feedback: str = ""
    misconception: str | None = None
    read_as: str = ""
    witness: Witness | None = None
    evidence: tuple[Evidence, ...] = ()
    sampled: bool = False
    parts: tuple[Mark, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the grade is RIGHT."""
        return self.grade == "RIGHT"

    def __str__(self) -> str:
        rows = [
            self.grade,
            f"  {self.feedback}" if self.feedback else "",
            f"  {self.misconception}" if self.misconception else "",
            f"  read as {self.read_as}" if self.read_as else "",
        ]
        rows += [f"  {e.method}: {e.detail}" for e in self.evidence if self.right and e.detail]
        return "\n".join(row for row in rows if row)

    def as_dict(self) -> dict[str, object]:
        """The mark as JSON writes it.

        >>> Mark("RIGHT", 1.0).as_dict()["grade"]
        'RIGHT'
        """
        shown: dict[str, object] = {
            "grade": self.grade,
            "score": self.score,
            "feedback": self.feedback,
            "misconception": self.misconception,
            "read_as": self.read_as,
            "witness": self.witness.as_dict() if self.witness else None,
            "evidence": [{"method": e.method, "trust": e.trust, "detail": e.detail} for e in self.evidence],
        }
        return shown | ({"parts": [part.as_dict() for part in self.parts]} if self.parts else {})
