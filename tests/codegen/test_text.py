"""Nothing that a document says can break out of generated source."""

import ast
import math

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.codegen import generate
from symdl.codegen.text import argument_name, formula, function_name, number, prose, scalar
from symdl.core import THETA, Activation, Assignment, Compare, DefinitionError, Optimizer, Parameter, Source, symbol

x, k, eta, g = map(symbol, ("x", "k", "eta", "g"))
HOSTILE = (
    '"""\nimport os\nos.system("false")\n"""',
    "'''; raise SystemExit #",
    "\\",
    'x\\"""',
    "{__import__('os')}",
    "a\u2028b\u202ec\x00d\rimport os",
    "%s {0} {} }} {{",
    "\\N{BULLET}\\u0041\\x41",
    "épreuve № 5 — naïve",
    '"',
    "ends with a quote'",
)


def outline(source):
    """The names that a module defines and imports, and the calls at its top level."""
    body = ast.parse(source).body
    imports = [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    functions = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    others = [type(node).__name__ for node in body]
    return imports, functions, others


def code_only(source):
    """The module without docstrings and messages: what would run."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_source_changes_nothing_but_prose(text):
    plain = generate(Activation("soft", x, sp.tanh(x), source=Source("Paper", "Equation 1")))
    hostile = generate(Activation("soft", x, sp.tanh(x), source=Source(text, text)))
    assert code_only(hostile.source) == code_only(plain.source)
    assert code_only(hostile.tests) == code_only(plain.tests)
    assert hostile.load().soft(0.0) == 0.0


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip()])
def test_hostile_symbols_and_roles_change_nothing_but_names(text):
    name = symbol(text)
    domain = (Compare(name, ">", sp.Integer(0)),)
    item = Activation("scaled", x, name * x, (Parameter(name, text, sp.Integer(2), domain),))
    known = Parameter(k, "k", sp.Integer(2), (Compare(k, ">", sp.Integer(0)),))
    plain = Activation("scaled", x, k * x, (known,))
    module = generate(item)
    assert outline(module.source) == outline(generate(plain).source)
    assert float(module.load().scaled(0.5)) == 1.0


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip()])
def test_hostile_update_rules_change_nothing_but_names(text):
    rate, slope = symbol(text), symbol(text + "'")
    step = (Assignment(slope, rate * g), Assignment(THETA, THETA - 2 * slope - slope**3))
    hostile = Optimizer("rule", (Parameter(rate, text, sp.Rational(1, 2)),), step=step, conventions={text: text})
    local = symbol("s")
    step = (Assignment(local, eta * g), Assignment(THETA, THETA - 2 * local - local**3))
    plain = Optimizer("rule", (Parameter(eta, "eta", sp.Rational(1, 2)),), step=step)
    assert outline(generate(hostile).source) == outline(generate(plain).source)


@pytest.mark.parametrize("name", ["np", "math", "float", "isinstance", "print", "_tiles", "type", "match"])
def test_names_that_python_needs_are_refused(name):
    with pytest.raises(DefinitionError, match="cannot name a generated function"):
        generate(Activation(name, x, sp.tanh(x)))


def test_arguments_named_as_those_of_the_functions_are_renamed():
    parameters = tuple(
        Parameter(symbol(n), n, sp.Integer(i + 2)) for i, n in enumerate(("out", "x", "y", "result", "a"))
    )
    total = sum(p.symbol for p in parameters)
    functions = generate(Activation("crowded", symbol("v"), symbol("v") * total, parameters)).load()
    assert functions.crowded(1.0) == 2 + 3 + 4 + 5 + 6
    assert functions.crowded(1.0, x_=0, a=0) == 2 + 4 + 5


@given(st.text(max_size=60))
def test_prose_stays_inside_any_docstring(text):
    shown = prose(text)
    assert ast.literal_eval(f'"""{shown}"""') == shown
    assert all(character.isprintable() or character == "\n" for character in shown)


@given(st.text(max_size=20))
def test_argument_names_are_identifiers_that_hide_nothing(text):
    name = argument_name(text, ("out",))
    assert name.isidentifier()
    assert name not in {"out", "np", "float", "class"}


@given(st.integers(-(10**40), 10**40), st.integers(1, 10**40))
def test_numbers_are_the_nearest_floats(p, q):
    assert float(number(sp.Rational(p, q))) == p / q


def test_scalars_are_python_expressions():
    names = {k: "k", eta: "eta"}
    for expr in (
        (1 - k) ** 2 / eta,
        sp.sqrt(2 * k) * eta,
        -k / (1 - eta**k),
        1 - k**eta,
        k**eta - 1,
        sp.exp(-k) + sp.Max(k, eta) - sp.Abs(eta - 2),
        sp.pi * k / 3,
        -k - eta,
        k ** sp.Rational(-3, 2),
    ):
        values = {k: sp.Rational(3, 4), eta: sp.Rational(1, 3)}
        scope = {"math": math, "k": 0.75, "eta": 1 / 3, "_one_minus_power": lambda b, e: 1 - b**e}
        node = compile(ast.parse(scalar(expr, names), mode="eval"), "<scalar>", "eval")
        assert eval(node, scope) == pytest.approx(float(expr.subs(values)), rel=1e-14)


def test_formulas_put_what_is_subtracted_last():
    assert formula(THETA - eta * g) == "theta - eta*g"
    assert formula(-eta) == "-eta"


def test_function_names_of_the_library_are_allowed():
    assert function_name("sigmoid") == "sigmoid"


@pytest.mark.parametrize("low", [1.0, 1.0 + 2.0**-52, 2.0**-900, 1.5e300, 5e-324])
def test_a_rational_half_way_between_two_floats_becomes_the_even_one(low: float) -> None:
    middle = (sp.Rational(low) + sp.Rational(math.nextafter(low, math.inf))) / 2
    written = float(number(middle))
    assert written in (low, math.nextafter(low, math.inf))
    assert sp.Rational(written) / sp.Rational(math.ulp(written)) % 2 == 0
    assert float(number(-middle)) == -written
