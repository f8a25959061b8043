"""Text that goes into generated source: names, numbers and prose that cannot break out of it."""

from __future__ import annotations

import builtins
import keyword
import textwrap
from collections.abc import Sequence
from math import inf, isinf

import sympy as sp

from symdl.core import Compare, DefinitionError, Parameter, UnsupportedOperation, to_text
from symdl.core.operations import operation_of
from symdl.numerics import ball, ulp

WIDTH = 100
LOST = sp.Function("lost")
"""What the float of an expression in parameters lacks: 0 over the reals."""
_FRACTION_DIGITS = 50
_TAKEN = frozenset({*dir(builtins), *keyword.kwlist, *keyword.softkwlist, "np", "math", "annotations"})
_PYTHON = {
    "exp": "math.exp",
    "log": "math.log",
    "sin": "math.sin",
    "cos": "math.cos",
    "tan": "math.tan",
    "sinh": "math.sinh",
    "cosh": "math.cosh",
    "tanh": "math.tanh",
    "arcsin": "math.asin",
    "arccos": "math.acos",
    "arctan": "math.atan",
    "arcsinh": "math.asinh",
    "arccosh": "math.acosh",
    "arctanh": "math.atanh",
    "erf": "math.erf",
    "erfc": "math.erfc",
    "absolute": "abs",
    "maximum": "max",
    "minimum": "min",
}


def prose(text: object, indent: int = 4) -> str:
    """``text`` for a docstring or a comment: one line of printable characters, then wrapped.

    Backslashes and quotes are replaced, control characters and line separators become spaces, so
    that no text can end the docstring.

    >>> prose('see \"\"\" + os.system(1)\\n#')
    "see ''' + os.system(1) #"
    """
    spaced = "".join(c if c.isprintable() else " " for c in str(text))
    plain = " ".join(spaced.replace("\\", "/").replace('"', "'").split())
    return f"\n{' ' * indent}".join(textwrap.wrap(plain, WIDTH - indent, break_on_hyphens=False))


def formula(expr: sp.Expr) -> str:
    """``expr`` in plain text, what is subtracted last.

    >>> x, y = sp.symbols("x y", real=True)
    >>> formula(-x * y + x)
    'x - x*y'
    """
    if not isinstance(expr, sp.Add):
        return to_text(expr)
    terms = sorted(expr.args, key=lambda term: term.could_extract_minus_sign())
    text = to_text(terms[0])
    for term in terms[1:]:
        minus = term.could_extract_minus_sign()
        part = to_text(-term) if minus else to_text(term)
        text += f" - {part}" if minus else f" + {part}"
    return text


def function_name(name: str) -> str:
    """``name``, when it can name a function of a generated module.

    Raises :class:`DefinitionError` for a name that would hide one that the module needs.
    """
    if name in _TAKEN or name.startswith("_"):
        raise DefinitionError(
            f"{name!r} cannot name a generated function", remedy="choose a name that Python does not use"
        )
    return name


def argument_name(name: str, taken: tuple[str, ...] = ()) -> str:
    """``name`` as the name of an argument that hides nothing.

    >>> argument_name("lambda"), argument_name("learning rate")
    ('lambda_', 'learning_rate')
    """
    letters = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name) or "parameter"
    letters = letters.lstrip("_") or "parameter"
    letters = f"p{letters}" if letters[0].isdigit() else letters
    while letters in _TAKEN or letters in taken:
        letters += "_"
    return letters


def size_name(name: str) -> str:
    """The variable that holds the size called ``name``.

    >>> size_name("batch")
    'batch_size'
    """
    return argument_name(f"{name}_size")


def definition(name: str, arguments: Sequence[str], result: str) -> str:
    """The head of a function, one argument a line where one line is too short.

    >>> definition("f", ["x: float", "*", "k: float = 1.0"], "float")
    'def f(x: float, *, k: float = 1.0) -> float:'
    """
    line = f"def {name}({', '.join(arguments)}) -> {result}:"
    if len(line) <= WIDTH:
        return line
    rows = "".join(f"    {argument},\n" for argument in arguments)
    return f"def {name}(\n{rows}) -> {result}:"


def keywords(parameters: Sequence[tuple[str, Parameter]]) -> list[str]:
    """Parameters as keyword-only arguments: their defaults, or none."""
    parts = ["*"] if parameters else []
    for name, parameter in parameters:
        default = "" if parameter.default is None else f" = {number(parameter.default)}"
        parts.append(f"{name}: float{default}")
    return parts


def checks(parameters: Sequence[tuple[str, Parameter]]) -> list[str]:
    """Statements that convert parameters to float and refuse values outside of their domains."""
    names = {parameter.symbol: name for name, parameter in parameters}
    rows = [f"{name} = float({name})" for name, _ in parameters]
    for name, parameter in parameters:
        domain = [r for r in parameter.domain if r.lhs.free_symbols | r.rhs.free_symbols <= names.keys()]
        if domain:
            condition = " and ".join(_condition(relation, names) for relation in domain)
            said = " and ".join(prose(relation).replace("{", "(").replace("}", ")") for relation in domain)
            rows.append(f"if not ({condition}):")
            rows.append(f'    raise ValueError(f"expected {_one_line(said)}, not {{{name}}}")')
    return rows


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _condition(relation: Compare, names: dict[sp.Symbol, str]) -> str:
    sign = "==" if relation.relation == "=" else relation.relation
    return f"{scalar(relation.lhs, names)} {sign} {scalar(relation.rhs, names)}"


def number(value: sp.Expr) -> str:
    """A constant as the float literal nearest to it.

    Raises :class:`UnsupportedOperation` for one outside of the range of floats.

    >>> number(sp.Rational(1, 10)), number(sp.sqrt(2)), number(sp.Integer(3))
    ('0.1', '1.4142135623730951', '3.0')
    """
    if value in (sp.oo, -sp.oo):
        return "np.inf" if value == sp.oo else "-np.inf"
    nearest = _nearest(value)
    if isinf(nearest) or (nearest == 0 and value != 0):
        raise UnsupportedOperation(f"a constant of size 1e{_size(value)} is no float", remedy="scale the formula")
    return repr(nearest)


def _nearest(value: sp.Expr) -> float:
    """The nearest float; of two, which a rational may lie half-way between, the even one."""
    if not value.is_Rational:
        return ulp.correctly_rounded(ball.enclose(value, {}, 100))
    try:
        return int(value.p) / int(value.q)
    except OverflowError:
        return inf if value > 0 else -inf


def _size(value: sp.Expr) -> int:
    return int(float(ball.enclose(sp.log(sp.Abs(value)) / sp.log(10), {}, 20).mid()))


def scalar(expr: sp.Expr, names: dict[sp.Symbol, str]) -> str:
    """A scalar expression in parameters as a Python expression of floats.

    Raises :class:`UnsupportedOperation` for what the standard library cannot compute.

    >>> k = sp.Symbol("k", real=True)
    >>> scalar((1 - k) / sp.sqrt(2), {k: "k"})
    '(1.0 - k)*0.7071067811865476'
    """
    return _scalar(expr, names, 0)


_SUM, _PRODUCT, _ATOM = 1, 2, 3


def _scalar(expr: sp.Expr, names: dict[sp.Symbol, str], level: int) -> str:
    if not expr.free_symbols:
        text = number(expr)
        return f"({text})" if text.startswith("-") and level else text
    if expr.is_Symbol:
        return names[expr]
    if isinstance(expr, sp.Add):
        text, own = _scalar_sum(expr, names), _SUM
    elif isinstance(expr, sp.Mul):
        text, own = _scalar_product(expr, names), _PRODUCT
    else:
        text, own = _scalar_call(expr, names), _ATOM
    return f"({text})" if own < level else text


def _scalar_sum(expr: sp.Add, names: dict[sp.Symbol, str]) -> str:
    if len(expr.args) == 2 and expr.args[0] == 1 and _opposite_power(expr.args[1]):
        base, exponent = (-expr.args[1]).args
        return f"_one_minus_power({_scalar(base, names, 0)}, {_scalar(exponent, names, 0)})"
    text = ""
    for term in sorted(expr.args, key=lambda t: t.could_extract_minus_sign()):
        minus = term.could_extract_minus_sign() and bool(text)
        part = _scalar(-term if minus else term, names, _PRODUCT)
        text += (" - " if minus else " + " if text else "") + part
    return text


def _opposite_power(term: sp.Expr) -> bool:
    """Whether ``term`` is minus a power with a variable exponent."""
    return bool((-term).is_Pow and (-term).exp.free_symbols)


def _scalar_product(expr: sp.Mul, names: dict[sp.Symbol, str]) -> str:
    under = [factor for factor in expr.args if _is_negative_power(factor)]
    if under:
        numerator = sp.Mul(*(factor for factor in expr.args if factor not in under))
        denominator = sp.Mul(*(factor.base**-factor.exp for factor in under))
        return f"{_scalar(numerator, names, _PRODUCT)}/{_scalar(denominator, names, _ATOM)}"
    constant, rest = expr.as_independent(*expr.free_symbols, as_Add=False)
    factors = [_scalar(factor, names, _PRODUCT) for factor in sp.Mul.make_args(rest)]
    text = "*".join(factors)
    return text if constant == 1 else f"-{text}" if constant == -1 else f"{text}*{_scalar(constant, names, _ATOM)}"


def _is_negative_power(factor: sp.Expr) -> bool:
    return bool(factor.is_Pow and factor.exp.could_extract_minus_sign() and factor.free_symbols)


def _fraction(expr: sp.Expr, names: dict[sp.Symbol, str]) -> str:
    """A rational function of parameters as a Python expression of exact fractions."""
    if not expr.free_symbols:
        exact = expr if expr.is_Rational else sp.Rational(sp.N(expr, _FRACTION_DIGITS))
        return f"Fraction({exact.p}, {exact.q})"
    if expr.is_Symbol:
        return f"Fraction({names[expr]})"
    if expr.is_Pow:
        return f"{_fraction(expr.base, names)}**{int(expr.exp)}"
    return f"({(' + ' if expr.is_Add else ' * ').join(_fraction(part, names) for part in expr.args)})"


def _scalar_call(expr: sp.Expr, names: dict[sp.Symbol, str]) -> str:
    if expr.func == LOST:
        return f"float({_fraction(expr.args[0], names)} - Fraction({_scalar(expr.args[0], names, 0)}))"
    if expr.is_Pow:
        base, exponent = expr.args
        if exponent == sp.Rational(1, 2):
            return f"math.sqrt({_scalar(base, names, 0)})"
        if exponent.could_extract_minus_sign():
            return f"1.0/{_scalar(base**-exponent, names, _ATOM)}"
        if exponent.is_Integer:
            return f"{_scalar(base, names, _ATOM)}**{exponent}"
        return f"math.pow({_scalar(base, names, 0)}, {_scalar(exponent, names, 0)})"
    if isinstance(expr, sp.Piecewise):
        return _scalar_choice(expr, names)
    operation = operation_of(expr)
    if operation not in _PYTHON:
        raise UnsupportedOperation(f"{operation} of parameters cannot be generated (in {expr})")
    return f"{_PYTHON[operation]}({', '.join(_scalar(a, names, 0) for a in expr.args)})"


def _scalar_choice(expr: sp.Piecewise, names: dict[sp.Symbol, str]) -> str:
    *pieces, (value, last) = expr.args
    if last != sp.true:
        raise UnsupportedOperation(f"{expr} has no value outside of its branches")
    text = _scalar(value, names, 0)
    for branch, condition in reversed(pieces):
        text = f"{_scalar(branch, names, 0)} if {comparison(condition, names)} else {text}"
    return f"({text})"


_SIGNS = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "=="}


def comparison(condition: sp.Basic, names: dict[sp.Symbol, str]) -> str:
    """A comparison of parameters as a Python condition.

    Raises :class:`UnsupportedOperation` for a condition that is no single comparison.

    >>> t = sp.Symbol("t", real=True)
    >>> comparison(t <= 1, {t: "t"})
    't <= 1.0'
    """
    sign = _SIGNS.get(operation_of(condition))
    if sign is None:
        raise UnsupportedOperation(f"the condition {condition} is not one comparison")
    left, right = condition.args
    return f"{_scalar(left, names, _SUM)} {sign} {_scalar(right, names, _SUM)}"
