"""symdl: symbolic mathematics and verification for deep learning. Notes in, verified code out.

>>> import symdl
>>> symdl.verify("1 - tanh(x)^2 = sech(x)^2").outcome
'PROVED'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import library, nn, quiz, testing
    from .core import (
        Activation,
        Assignment,
        Claim,
        Compare,
        Evaluation,
        Family,
        Mark,
        Optimizer,
        Parameter,
        Question,
        ReadError,
        Report,
        Source,
        State,
        SymdlError,
        Verdict,
        function,
        symbol,
    )
    from .front import (
        activation,
        array,
        card,
        check_file,
        check_text,
        derive,
        equivalent,
        generate,
        gradient,
        loss,
        mark,
        optimizer,
        verify,
    )

__version__ = "0.1.0"

_FRONT = (
    "activation",
    "array",
    "card",
    "check_file",
    "check_text",
    "derive",
    "equivalent",
    "generate",
    "gradient",
    "loss",
    "mark",
    "optimizer",
    "verify",
)
_CORE = (
    "Activation",
    "Assignment",
    "Claim",
    "Compare",
    "Evaluation",
    "Family",
    "Mark",
    "Optimizer",
    "Parameter",
    "Question",
    "ReadError",
    "Report",
    "Source",
    "State",
    "SymdlError",
    "Verdict",
    "function",
    "symbol",
)
_ROOMS = ("library", "nn", "quiz", "testing")

__all__ = [
    "Activation",
    "Assignment",
    "Claim",
    "Compare",
    "Evaluation",
    "Family",
    "Mark",
    "Optimizer",
    "Parameter",
    "Question",
    "ReadError",
    "Report",
    "Source",
    "State",
    "SymdlError",
    "Verdict",
    "activation",
    "array",
    "card",
    "check_file",
    "check_text",
    "derive",
    "equivalent",
    "function",
    "generate",
    "gradient",
    "library",
    "loss",
    "mark",
    "nn",
    "optimizer",
    "quiz",
    "symbol",
    "testing",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name in _FRONT or name in _CORE:
        return getattr(import_module(".front" if name in _FRONT else ".core", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
