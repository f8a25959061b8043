"""The error tree.

::

    SymdlError
    +-- ReadError                  text that cannot be read (place, caret, remedy); also a ValueError
    +-- DefinitionError            a definition that is not well formed
    |   +-- UnboundSymbol          a program or rule uses a name that nothing defines
    +-- UnsupportedDerivative      an expression outside what calculus can derive
    +-- UnsupportedOperation       an expression outside what an interpreter can evaluate or lower
    +-- UndefinedValue             an expression has no value at the point asked for
    +-- NotProved                  Verdict.require() on anything but PROVED
    +-- Contradiction              two checkers disagree: a bug in symdl
    +-- BudgetExceeded             a stated limit on work was reached
    +-- InputError                 a file, an argument or an array that cannot be used
    +-- MissingPackage             an optional package is needed
"""

from __future__ import annotations


class SymdlError(Exception):
    """Base of all errors that symdl raises on purpose.

    ``message`` says what and where, ``remedy`` what to do about it.

    >>> print(SymdlError("no such item: gulu", remedy="did you mean gelu?"))
    no such item: gulu
      remedy: did you mean gelu?
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  remedy: {self.remedy}" if self.remedy else self.message


class ReadError(SymdlError, ValueError):
    """Text that cannot be read as mathematics: shows the line with a caret under the place.

    >>> print(ReadError("unknown function foo", text="1 + foo(x)", position=4))
    unknown function foo (column 5)
      1 + foo(x)
          ^
    """

    def __init__(self, message: str, *, text: str = "", position: int = 0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.text = text
        self.position = position

    def __str__(self) -> str:
        start = self.text.rfind("\n", 0, self.position) + 1
        end = self.text.find("\n", self.position)
        line = self.text[start : end if end >= 0 else len(self.text)]
        column = self.position - start
        left = max(0, column - 60)
        shown = line[left : left + 120].replace("\t", " ")
        rows = [f"{self.message} (column {column + 1})", f"  {shown}", "  " + " " * (column - left) + "^"]
        return "\n".join(rows + ([f"  remedy: {self.remedy}"] if self.remedy else []))


class DefinitionError(SymdlError, ValueError):
    """A definition (activation, optimizer, array expression, claim) that is not well formed."""


class UnboundSymbol(DefinitionError):
    """A program or an update rule uses a name that nothing defines."""


class UnsupportedDerivative(SymdlError):
    """An expression that calculus cannot derive: refused by name, never answered with zero."""


class UnsupportedOperation(SymdlError):
    """An operation that an interpreter (balls, NumPy, SMT) does not have."""


class UndefinedValue(SymdlError, ArithmeticError):
    """An expression has no real value at the point asked for."""


class NotProved(SymdlError):
    """Raised by ``Verdict.require()`` on any outcome but PROVED."""


class Contradiction(SymdlError):
    """Two independent checkers disagree on one claim. This is a bug in symdl: please report it."""


class BudgetExceeded(SymdlError):
    """A stated limit on work (terms, degrees, digits, boxes) was reached."""


class InputError(SymdlError, ValueError):
    """A file, an argument or an array that cannot be used."""


class MissingPackage(SymdlError, ImportError):
    """An optional package is needed; the remedy names the extra that installs it."""
