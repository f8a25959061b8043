"""Recognition of known rules, the smallest edits of slips, and roles of hyper-parameters."""

from dataclasses import replace
from itertools import permutations

import pytest
import sympy as sp

from symdl import library
from symdl.core import STEP, THETA, Assignment, Optimizer, Parameter, symbol
from symdl.library import FAMILIES
from symdl.matching.constants import with_named_numbers
from symdl.matching.corrections import corrected, corrections, diagnosis
from symdl.matching.edits import edits, repair
from symdl.matching.families import recognise, recognise_extended
from symdl.matching.names import families_called, is_generic
from symdl.matching.roles import roles_of, with_roles
from symdl.matching.trajectories import run_of
from symdl.matching.variants import variants, without

MEMBERS = [member for family in FAMILIES for member in family.points()]


def identity(member: Optimizer) -> str:
    return "-".join((member.name, *member.conventions.values()))


def renamed(rule: Optimizer) -> Optimizer:
    """The rule with meaningless names, its hyper-parameters in reverse order."""
    table = {p.symbol: symbol(f"a{n}") for n, p in enumerate(rule.hyper)}
    return replace(
        rule,
        hyper=tuple(Parameter(table[p.symbol], str(table[p.symbol])) for p in reversed(rule.hyper)),
        state=tuple(replace(s, start=s.start.xreplace(table)) for s in rule.state),
        evaluations=tuple(replace(e, point=e.point.xreplace(table)) for e in rule.evaluations),
        step=tuple(Assignment(a.symbol, a.expr.xreplace(table)) for a in rule.step),
    )


@pytest.mark.parametrize("member", MEMBERS, ids=identity)
def test_every_member_is_recognised_under_meaningless_names(member: Optimizer) -> None:
    found = recognise(renamed(member))
    assert found is not None
    assert found.family == member.name
    assert found.variant.member.conventions == member.conventions
    assert found.verdict.proved
    assert {name for _, name in found.names} == {p.name for p in member.hyper}


AVERAGES = ("momentum", "decay", "beta1", "beta2", "beta3")


@pytest.mark.parametrize("member", MEMBERS, ids=identity)
def test_no_role_that_is_read_off_a_rule_is_of_another_kind(member: Optimizer) -> None:
    def kind(name: str) -> str:
        return "average" if name in AVERAGES else name

    declared = {symbol(f"a{n}"): p.name for n, p in enumerate(member.hyper)}
    found = roles_of(renamed(member))
    assert {key: kind(role) for key, role in found.items()} == {key: kind(declared[key]) for key in found}
    assert with_roles(member).hyper == with_roles(with_roles(member)).hyper


SPINE = ("gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam")


@pytest.mark.parametrize("member", [member for member in MEMBERS if member.name in SPINE], ids=identity)
def test_every_role_of_the_classical_rules_is_read_off_the_rule(member: Optimizer) -> None:
    assert sorted(roles_of(renamed(member)).values()) == sorted(p.name for p in member.hyper)


def test_no_two_families_share_a_member() -> None:
    for member in MEMBERS:
        others = [family for family in FAMILIES if family.name != member.name]
        assert recognise(member, others) is None


def test_variants_are_recognised_as_such() -> None:
    for family in FAMILIES:
        for variant in variants(family):
            found = recognise(variant.rule)
            assert found is not None
            assert found.family == family.name


def test_an_extra_hyper_parameter_may_be_zero() -> None:
    decay = symbol("lambda_")
    adam = library.adam
    last = Assignment(THETA, adam.step[-1].expr - decay * THETA)
    decayed = replace(adam, hyper=(*adam.hyper, Parameter(decay, "lambda_")), step=(*adam.step[:-1], last))
    assert recognise(decayed, [library.optimizers.adam_family]) is None
    found = recognise_extended(decayed, [library.optimizers.adam_family])
    assert found is not None
    assert (found.family, found.zero) == ("adam", (decay,))
    assert roles_of(decayed)[decay] == "weight_decay"
    assert decay not in [p.symbol for p in without(decayed, decay).hyper]


def test_a_rule_with_too_many_hyper_parameters_is_not_run() -> None:
    extra = tuple(Parameter(symbol(f"b{n}"), f"b{n}") for n in range(6))
    assert run_of(replace(library.adam, hyper=(*library.adam.hyper, *extra))) is None


def planted(rule: Optimizer, number: int, expr: sp.Expr) -> Optimizer:
    step = list(rule.step)
    step[number] = Assignment(step[number].symbol, expr)
    return replace(rule, step=tuple(step))


def slips() -> list[tuple[Optimizer, str]]:
    """Members with one slip, and what the repair should say."""
    g, total, v, m = symbol("g"), symbol("G"), symbol("v"), symbol("m")
    adam, adagrad, rmsprop, momentum = library.adam, library.adagrad, library.rmsprop, library.momentum
    first, second = (p.symbol for p in adam.hyper[1:3])
    rho = rmsprop.hyper[1].symbol
    return [
        (planted(adagrad, 0, total + g), "square g"),
        (planted(adagrad, 0, total - g**2), "change the sign of a term"),
        (planted(rmsprop, 0, rho * v + g**2), "weigh the new term by 1 - rho"),
        (planted(adam, 2, m / (1 - first)), "raise beta_1 to the power t"),
        (planted(adam, 2, m / (1 - second**STEP)), "exchange beta_1 and beta_2"),
        (planted(adam, 1, second * v + (1 - second) * g), "square g"),
        (planted(momentum, 1, THETA - v), "change the sign of a term"),
    ]


@pytest.mark.parametrize(("rule", "words"), slips())
def test_the_smallest_edit_repairs_a_slip(rule: Optimizer, words: str) -> None:
    (family,) = [family for family in FAMILIES if family.name == rule.name]
    assert recognise(rule, [family]) is None
    found = repair(rule, family)
    assert found is not None
    assert found.edit.description == words
    again = recognise(found.edit.applied(rule))
    assert again is not None
    assert again.family == rule.name


def test_edits_are_few_and_none_is_empty() -> None:
    found = list(edits(library.adam))
    assert len(found) < 400
    assert all(edit.changes or edit.point is not None for edit in found)


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_bias_corrections_are_found_judged_and_put_right(order: tuple[int, int]) -> None:
    adam = library.adam
    decays = [p.symbol for p in adam.hyper[1:3]]
    m, v = symbol("m"), symbol("v")
    rule = planted(adam, 2, m / (1 - decays[order[0]] ** STEP))
    rule = planted(rule, 3, v / (1 - decays[order[1]] ** STEP))
    found = corrections(rule)
    assert [str(c.state) for c in found] == ["m", "v"]
    right = order == (0, 1)
    assert all((c.remaining == 1) == right for c in found)
    if not right:
        assert [diagnosis(c, found) for c in found] == ["OPT001", "OPT001"]
    again = recognise(corrected(rule, found))
    assert again is not None
    assert again.family == "adam"


def test_numbers_become_hyper_parameters_with_their_values() -> None:
    rho, epsilon = (library.rmsprop.hyper[n].symbol for n in (1, 2))
    values = {rho: sp.Rational(9, 10), epsilon: sp.Rational(1, 10**8)}
    plain = replace(
        library.rmsprop,
        hyper=library.rmsprop.hyper[:1],
        step=tuple(Assignment(a.symbol, a.expr.xreplace(values)) for a in library.rmsprop.step),
    )
    named = with_named_numbers(plain)
    assert sorted(str(p.default) for p in named.hyper if p.default is not None) == ["1/100000000", "9/10"]
    found = recognise(named)
    assert found is not None
    assert found.family == "rmsprop"


@pytest.mark.parametrize(
    ("spoken", "families"),
    [
        ("Adam", ("adam", "uncorrected_adam")),
        ("The Adam optimizer", ("adam", "uncorrected_adam")),
        ("Adaptive moment estimation (Adam)", ("adam", "uncorrected_adam")),
        ("AdamW", ("adamw",)),
        ("AdamZ", ()),
        ("Adam with restarts", ()),
        ("Nesterov's method", ("nesterov",)),
        ("Gradient Descent (GD)", ("gradient_descent",)),
        ("SGD with momentum", ("momentum",)),
        ("Update", ()),
    ],
)
def test_a_name_means_a_family_only_when_it_is_the_whole_name(spoken: str, families: tuple[str, ...]) -> None:
    assert families_called(spoken) == families


def test_names_of_parts_are_no_names_of_rules() -> None:
    assert all(map(is_generic, ("Update", "First moment", "Bias-corrected estimates", "Compute update")))
    assert not any(map(is_generic, ("AdaBelief", "Momentum", "My rule")))
