"""What the prover takes from SymPy: construction and traversal of expressions, nothing that judges them."""

import ast
from pathlib import Path

import pytest

import symdl.prover

FILES = sorted(Path(symdl.prover.__file__).parent.glob("*.py"))
TREE = [
    "Abs", "Add", "And", "Basic", "Derivative", "Dict", "Dummy", "E", "Expr", "Function", "Integer", "Lambda",
    "Max", "Min", "Mul", "Ne", "Not", "Number", "NumberSymbol", "Or", "Piecewise", "Pow", "Product", "Rational",
    "Subs", "Sum", "Symbol", "Tuple", "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "erf",
    "erfc", "exp", "false", "log", "nan", "oo", "pi", "sign", "sin", "sinh", "sqrt", "sympify", "tan", "tanh",
    "true", "zoo",
]  # fmt: skip
TRAVERSAL = ["default_sort_key", "preorder_traversal", "postorder_traversal", "symbols", "ordered"]
POLYNOMIAL = ["expand"]
"""``expand`` multiplies products out over the rationals: every result that it shapes is compared by FLINT."""
PATHS = {"core.function.AppliedUndef", "core.relational.Relational", "functions.elementary.piecewise.ExprCondPair"}
PATHS |= {"logic.boolalg.BooleanAtom", "Mul.make_args", "Add.make_args"}
ALLOWED = {*TREE, *TRAVERSAL, *POLYNOMIAL, *PATHS}
FORBIDDEN = [
    "simplify", "nsimplify", "trigsimp", "radsimp", "powsimp", "logcombine", "equals", "solve", "solveset",
    "nsolve", "linsolve", "reduce_inequalities", "gruntz", "is_monotonic", "is_increasing", "is_decreasing",
    "evalf", "doit", "integrate", "summation", "parse_expr", "is_positive", "is_negative", "is_nonnegative",
    "is_nonpositive", "is_nonzero", "is_extended_positive", "is_real", "is_convex",
]  # fmt: skip
CALLS = ("limit", "refine", "ask", "rewrite", "subs")
"""Names that the prover has for itself too: no method of that name is called."""


def taken(tree):
    """The names of SymPy that a module uses, as dotted paths without the leading ``sympy``."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sympy":
            found |= {f"{node.module}.{alias.name}".removeprefix("sympy.") for alias in node.names}
        elif isinstance(node, ast.Attribute) and (path := dotted(node)).startswith("sp."):
            found.add(path.removeprefix("sp."))
    return {path for path in found if not any(other.startswith(f"{path}.") for other in found)}


def dotted(node):
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def judged(tree):
    """Attributes and names that would let SymPy decide something."""
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    calls = {n.func.attr for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}
    return names & set(FORBIDDEN) | calls & set(CALLS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_prover_takes_from_sympy_what_is_listed(path):
    assert taken(ast.parse(path.read_text(encoding="utf-8"))) <= ALLOWED


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_judgement_of_sympy_is_asked_for(path):
    assert judged(ast.parse(path.read_text(encoding="utf-8"))) == set()


def test_what_is_listed_is_used():
    used = set().union(*(taken(ast.parse(path.read_text(encoding="utf-8"))) for path in FILES))
    assert {"Piecewise", "expand", "core.function.AppliedUndef"} <= used


@pytest.mark.parametrize(
    "code", ["import sympy as sp\nsp.simplify(x)", "from sympy import limit", "from sympy.solvers import solve"]
)
def test_a_planted_use_is_caught(code):
    assert not taken(ast.parse(code)) <= ALLOWED


@pytest.mark.parametrize(
    "code", ["(a - b).equals(0)", "expr.limit(x, 0)", "expr.is_positive", "value.evalf()", "expr.doit()"]
)
def test_a_planted_judgement_is_caught(code):
    assert judged(ast.parse(code))
