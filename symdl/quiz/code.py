"""NumPy code as an answer: read by ``ast`` into the same trees as formulas, never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from symdl.core import ReadError
from symdl.library import ACTIVATIONS
from symdl.notation import plain
from symdl.notation.syntax import (
    Absolute,
    Addition,
    Bracketed,
    Call,
    Cases,
    Component,
    Fraction,
    Juxtaposed,
    Name,
    Node,
    Number,
    Product,
    Relation,
    Root,
    Scripted,
    Summation,
)
from symdl.notation.tokens import FUNCTION_NAMES, GREEK

_MODULES = frozenset({"np", "numpy", "math", "jnp", "torch", "tf", "F", "special", "nn", "functional", "jax", "scipy"})
_LIBRARY = frozenset(name for item in ACTIVATIONS for name in (item.name, *item.also_called) if len(name) > 2)
_IS_CODE = re.compile(
    r"(?<![\w.\\])(?:np|numpy|jnp|torch|tf|math|F|scipy|jax)\.[a-zA-Z]|\A\s*(?:def\s+\w+\s*\(|lambda\b[^\\]*:|import\s)|^\s*return\s|\.(?:astype|mean|sum)\(",
    re.MULTILINE,
)
_NONE = Name("None")
_BOUNDS: Mapping[str | None, int] = {"min": 0, "a_min": 0, "max": 1, "a_max": 1}
_NUMBERED = re.compile(r"([A-Za-z]+)(\d+)")
_SHORT = {"eps": "epsilon", "lam": "lambda", "lmbda": "lambda", "lambd": "lambda", "lambda_": "lambda"}
_LONGEST = 20_000
_MOST_NODES = 4_000
_LARGEST = 10**300
_CALLS = {
    "maximum": "max",
    "minimum": "min",
    "fmax": "max",
    "fmin": "min",
    "absolute": "abs",
    **{name: name for name in FUNCTION_NAMES if len(name) > 2},
    "power": "pow",
    "square": "square",
    "reciprocal": "reciprocal",
    "where": "where",
    "dot": "matmul",
    "matmul": "matmul",
    "transpose": "transpose",
    "multiply": "multiply",
    **{name: name for name in _LIBRARY},
    "expit": "sigmoid",
    "clip": "clip",
    "clamp": "clip",
    "log1p": "log1p",
    "expm1": "expm1",
    "logaddexp": "logaddexp",
    "log2": "log2",
    "log10": "log10",
    "exp2": "exp2",
    "comb": "comb",
    "binom": "comb",
    "factorial": "factorial",
    "array": "array",
    "asarray": "array",
    "tensor": "array",
    "sum": "sum",
    "mean": "mean",
}
_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "=",
    ast.NotEq: "!=",
}


def is_code(text: str) -> bool:
    """Whether a text is Python that names a module, or a function; a caret is a power and no code.

    >>> is_code("np.maximum(0, x)"), is_code("lambda x: x"), is_code(r"\\max(0, x)"), is_code("max(0, x)")
    (True, True, False, False)
    """
    if "^" in text or "\\" in text or _IS_CODE.search(text) is None:
        return False
    try:
        ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def parameters_of(text: str) -> tuple[str, ...]:
    """The parameters of the function or lambda that a piece of code is; none for an expression.

    >>> parameters_of("def relu(z): return np.maximum(0, z)")
    ('z',)
    """
    try:
        nodes = list(ast.walk(ast.parse(text.strip())))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.Lambda)]
    return tuple(argument.arg for argument in functions[0].args.args) if len(functions) == 1 else ()


def read_code(text: str) -> Node:
    """The formula that an expression, a lambda or a function of straight-line code computes.

    Raises :class:`ReadError` for code of any other kind: loops, imports, calls of unknown functions.

    >>> from symdl.notation.elaborate import elaborate
    >>> elaborate(read_code("def f(x):\\n    s = 1/(1 + np.exp(-x))\\n    return s*(1 - s)")).read_as
    '(1 - 1/(1 + exp(-x)))/(1 + exp(-x))'
    """
    if len(text) > _LONGEST:
        raise ReadError(f"code of {len(text)} characters", text=text[:60], remedy=f"at most {_LONGEST} are read")
    try:
        module = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise ReadError(f"no Python code: {problem}", text=text[:200], remedy="write a NumPy expression") from None
    if sum(1 for _ in ast.walk(module)) > _MOST_NODES:
        raise ReadError("code that is too long", text=text[:60], remedy="write a shorter expression")
    return _Reader(text).body(module.body, {})


class _Reader:
    """One piece of code; names that it assigns are replaced by what they are assigned."""

    def __init__(self, text: str) -> None:
        self.text = text

    def error(self, message: str, node: ast.AST) -> ReadError:
        """A :class:`ReadError` at ``node``."""
        lines = self.text.strip().split("\n")
        row, column = getattr(node, "lineno", 1) - 1, getattr(node, "col_offset", 0)
        position = sum(len(line) + 1 for line in lines[:row]) + column
        return ReadError(
            message, text=self.text.strip(), position=position, remedy="write plain NumPy without control flow"
        )

    def body(self, statements: list[ast.stmt], known: dict[str, Node]) -> Node:
        """The value of a body: what it returns, its last expression or its last assignment."""
        value: Node | None = None
        for statement in statements:
            match statement:
                case ast.Expr(ast.Constant(str())):
                    continue
                case ast.Import() | ast.ImportFrom():
                    continue
                case ast.FunctionDef(body=inner) if statement is statements[-1]:
                    return self.body(inner, known)
                case ast.Expr(ast.Lambda(body=result)) | ast.Assign(value=ast.Lambda(body=result)):
                    return self.expression(result, known)
                case ast.Return(result) if result is not None:
                    return self.expression(result, known)
                case ast.Expr(result):
                    value = self.expression(result, known)
                case ast.Assign([ast.Name(name)], result):
                    value = known[name] = self.expression(result, known)
                case ast.AugAssign(ast.Name(name) as target, operator, result):
                    value = known[name] = self.expression(ast.BinOp(target, operator, result), known)
                case _:
                    raise self.error(f"{type(statement).__name__} is not read in an answer", statement)
        if value is None:
            raise ReadError("the code has no value", text=self.text, remedy="return something")
        return value

    def expression(self, node: ast.expr, known: Mapping[str, Node]) -> Node:
        """The tree of one expression."""
        match node:
            case ast.Constant(value) if isinstance(value, int | float) and not isinstance(value, bool):
                return self.number(node, value)
            case ast.Constant(None):
                return _NONE
            case ast.Name(name):
                return known.get(name) or _spelled(name)
            case ast.UnaryOp(ast.USub(), operand):
                return Bracketed((Addition((("-", self.expression(operand, known)),)),))
            case ast.UnaryOp(ast.UAdd(), operand):
                return self.expression(operand, known)
            case ast.BinOp(left, operator, right):
                return self.operation(node, operator, self.expression(left, known), self.expression(right, known))
            case ast.Attribute(ast.Name(module), name) if module in _MODULES and name in {"pi", "e"}:
                return Name(name)
            case ast.Attribute(value, "T"):
                return Scripted(self.expression(value, known), None, Name("T"))
            case ast.Subscript(value, index):
                return Component(self.expression(value, known), self.expression(index, known))
            case ast.Compare() | ast.BoolOp():
                return Bracketed((self.condition(node, known),), "[", "]")
            case ast.Call(ast.Attribute(inner, "sum" | "mean" as reduced), []) if not _is_module(inner):
                return Bracketed((Summation(reduced, None, None, None, None, self.expression(inner, known)),))
            case ast.Call(ast.Attribute(inner, "astype" | "float" | "to" | "item")):
                return self.expression(inner, known)
            case ast.List(items) | ast.Tuple(items) if items:
                opening, closing = "[]" if isinstance(node, ast.List) else "()"
                return Bracketed(tuple(self.expression(item, known) for item in items), opening, closing)
            case ast.IfExp(test, body, orelse):
                rows = (
                    (self.expression(body, known), self.condition(test, known)),
                    (self.expression(orelse, known), None),
                )
                return Bracketed((Cases(rows),))
            case ast.Call(function, [value], keywords) if keywords and {k.arg for k in keywords} <= _BOUNDS.keys():
                bounds = {_BOUNDS[k.arg]: k.value for k in keywords if k.arg}
                ends = [bounds.get(end, ast.Constant(None)) for end in (0, 1)]
                return self.expression(ast.copy_location(ast.Call(function, [value, *ends], []), node), known)
            case ast.Call(function, arguments, []):
                return self.call(
                    node,
                    function,
                    [
                        self.expression(a, known) if not _is_condition(a) else self.condition(a, known)
                        for a in arguments
                    ],
                    known,
                )
        raise self.error(f"{type(node).__name__} is not read in an answer", node)

    def number(self, node: ast.AST, value: float) -> Node:
        """A number of ordinary size, exactly as it is written."""
        if not -_LARGEST < value < _LARGEST:
            raise self.error("a number that is too large", node)
        return Number(repr(value))

    def operation(self, node: ast.AST, operator: ast.operator, left: Node, right: Node) -> Node:
        """A binary operation."""
        match operator:
            case ast.Add():
                return Bracketed((Addition((("+", left), ("+", right))),))
            case ast.Sub():
                return Bracketed((Addition((("+", left), ("-", right))),))
            case ast.Mult():
                return Bracketed((Product(left, (("*", right),)),))
            case ast.MatMult():
                return Bracketed((Juxtaposed((left, right)),))
            case ast.Div():
                return Fraction(left, right)
            case ast.Pow():
                return Scripted(Bracketed((left,)), None, right)
        raise self.error(f"the operator {type(operator).__name__} is not read in an answer", node)

    def condition(self, node: ast.expr, known: Mapping[str, Node]) -> Node:
        """A comparison or a chain of them."""
        if not isinstance(node, ast.Compare) or not all(type(operator) in _COMPARISONS for operator in node.ops):
            raise self.error("a condition is a comparison", node)
        sides = [self.expression(side, known) for side in node.comparators]
        names = [_COMPARISONS[type(operator)] for operator in node.ops]
        return Relation(self.expression(node.left, known), tuple(zip(names, sides, strict=True)))

    def call(self, node: ast.Call, function: ast.expr, arguments: list[Node], known: Mapping[str, Node]) -> Node:
        """A call of a function with a fixed meaning."""
        match function:
            case ast.Name(name):
                pass
            case ast.Attribute(inner, name) if _is_module(inner):
                pass
            case ast.Attribute(value, "dot") if len(arguments) == 1:
                return Bracketed((Juxtaposed((self.expression(value, known), arguments[0])),))
            case _:
                raise self.error("a call that is not read in an answer", node)
        meaning = _CALLS.get(name)
        if meaning is None:
            raise self.error(f"the function {name} is not read in an answer", node)
        made = _special(meaning, arguments)
        return made if made is not None else Call(Name(FUNCTION_NAMES.get(meaning, meaning)), tuple(arguments))


def _special(meaning: str, arguments: list[Node]) -> Node | None:
    match meaning, arguments:
        case "where", [Relation() as test, first, second]:
            return Bracketed((Cases(((first, test), (second, None))),))
        case "pow", [base, exponent]:
            return Scripted(Bracketed((base,)), None, exponent)
        case "square", [base]:
            return Scripted(Bracketed((base,)), None, Number("2"))
        case "reciprocal", [base]:
            return Fraction(Number("1"), base)
        case "sqrt", [radicand]:
            return Root(radicand)
        case "abs", [body]:
            return Absolute(body)
        case "matmul", [left, right]:
            return Bracketed((Juxtaposed((left, right)),))
        case "multiply", [left, right]:
            return Bracketed((Product(left, (("*", right),)),))
        case "transpose", [body]:
            return Scripted(body, None, Name("T"))
        case "clip", [value, low, high]:
            below = value if high == _NONE else Call(Name("min"), (high, value))
            return below if low == _NONE else Call(Name("max"), (low, below))
        case "log1p", [argument]:
            return Call(Name("log"), (Bracketed((Addition((("+", Number("1")), ("+", argument))),)),))
        case "expm1", [argument]:
            return Bracketed((Addition((("+", Call(Name("exp"), (argument,))), ("-", Number("1")))),))
        case (("log2" | "log10"), [argument]):
            return Call(Scripted(Name("log"), Number(meaning[3:]), None), (argument,))
        case "exp2", [argument]:
            return Scripted(Number("2"), None, argument)
        case "comb", [above, below]:
            rest = Bracketed((Addition((("+", above), ("-", below))),))
            return Fraction(_factorial(above), Bracketed((Product(_factorial(below), (("*", _factorial(rest)),)),)))
        case "factorial", [argument]:
            return _factorial(argument)
        case "log", [argument, base]:
            return Call(Scripted(Name("log"), base, None), (argument,))
        case "logaddexp", [first, second]:
            powers = tuple(("+", Call(Name("exp"), (argument,))) for argument in (first, second))
            return Call(Name("log"), (Bracketed((Addition(powers),)),))
        case "sum", [body]:
            return Bracketed((Summation("sum", None, None, None, None, body),))
        case "mean", [body]:
            return Bracketed((Summation("mean", None, None, None, None, body),))
        case "array", [Bracketed() as rows]:
            return rows
        case name, [argument, *_] if name in _LIBRARY:
            return Juxtaposed((Name(name), Bracketed(tuple(arguments))))
    return None


def _factorial(node: Node) -> Node:
    return Call(Name("factorial"), (node,))


def _is_module(node: ast.expr) -> bool:
    """Whether this is ``np`` or ``torch.nn.functional``."""
    if isinstance(node, ast.Attribute):
        return node.attr in _MODULES and _is_module(node.value)
    return isinstance(node, ast.Name) and node.id in _MODULES


def _is_condition(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare)


def _spelled(name: str) -> Node:
    """A name as plain text has it: ``beta1`` is ``beta_1``, ``m_hat`` has a hat."""
    numbered = _NUMBERED.fullmatch(name)
    short = numbered is not None and (numbered[1] in GREEK or len(numbered[1]) == 1)
    spelled = _SHORT.get(name, f"{numbered[1]}_{numbered[2]}" if short and numbered else name)
    try:
        node = plain.parse(spelled)
    except ReadError:
        return Name(name)
    return node if isinstance(node, Name | Scripted) else Name(name)
