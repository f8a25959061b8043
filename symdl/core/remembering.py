"""Pure functions of formulas, each worked out once: what they give, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

from .errors import SymdlError

_F = TypeVar("_F", bound=Callable[..., Any])


def remembered(maxsize: int) -> Callable[[_F], _F]:
    """As ``lru_cache``, with lists for tuples among the arguments; errors of ours are remembered too.

    >>> @remembered(10)
    ... def halved(number):
    ...     print("worked out")
    ...     return number / 2
    >>> halved(3), halved(3)
    worked out
    (1.5, 1.5)
    """

    def decorator(function: _F) -> _F:
        @lru_cache(maxsize)
        def outcome(*arguments: Any, **named: Any) -> tuple[Any, SymdlError | None]:
            try:
                return function(*arguments, **named), None
            except SymdlError as error:
                return None, error

        @wraps(function)
        def recalled(*arguments: Any, **named: Any) -> Any:
            value, error = outcome(*(tuple(a) if isinstance(a, list) else a for a in arguments), **named)
            if error is not None:
                raise error.with_traceback(None)
            return value

        return cast(_F, recalled)

    return decorator
