"""The bank that symdl ships: its examples are marked as it says, and its claims are in the ledger."""

import re
from pathlib import Path

from symdl.prover import ledger
from symdl.quiz.banks import Bank, check_bank, read_bank, shipped_banks

BANK = read_bank("deep-learning")
QUESTIONS = [entry.question for entry in BANK.entries]
OPEN_QUESTIONS = {
    "why-stochastic-gradients",
    "why-rmsprop-after-adagrad",
    "rates-of-coordinates",
    "nesterov-guarantee",
    "mean-and-variance-of-sgd",
    "newton-stability",
}
TOPICS = [
    "activations",
    "backpropagation",
    "curvature",
    "foundations",
    "latent-variables",
    "losses",
    "moving-averages",
    "optimizers",
    "stochastic-gradients",
]


def test_the_bank_has_more_than_sixty_questions_on_its_topics() -> None:
    assert len(QUESTIONS) >= 60
    assert [name.partition("/")[2] for name in shipped_banks() if name.startswith("deep-learning/")] == TOPICS


def test_every_example_is_marked_as_the_bank_says() -> None:
    assert [str(slip) for _, slips in check_bank(BANK) for slip in slips] == []


def test_questions_have_two_examples_of_each_sort() -> None:
    for question in QUESTIONS:
        assert len(set(question.accepted)) >= 2, question.id
        assert len(set(question.rejected)) >= 2, question.id


def test_every_choice_but_the_right_one_is_an_example_that_is_rejected() -> None:
    for question in QUESTIONS:
        if question.choices and "," not in question.answer:
            wrong = {choice.key for choice in question.choices} - {question.answer}
            assert wrong == set(question.rejected), question.id


def test_questions_have_sources_and_their_claims_are_in_the_ledger() -> None:
    known = ledger.names()
    for question in QUESTIONS:
        assert question.source is not None, question.id
        assert question.source.where, question.id
        assert set(question.settled_by) <= known, question.id


def test_open_questions_are_choices_with_evidence() -> None:
    found = {q.id: q for q in QUESTIONS if q.id in OPEN_QUESTIONS}
    assert found.keys() == OPEN_QUESTIONS
    for question in found.values():
        assert question.choices
        assert question.settled_by
        assert question.source


def test_claims_have_been_decided_as_expected() -> None:
    verdicts = ledger.read()
    cited = {name for question in QUESTIONS for name in question.settled_by}
    assert [name for name in sorted(cited) if not verdicts[name].as_expected] == []


def test_some_questions_have_variants() -> None:
    assert sum(bool(entry.ranges) for entry in BANK.entries) >= 7


def test_a_slip_that_is_planted_in_the_bank_is_found() -> None:
    entry = next(entry for entry in BANK.entries if entry.question.id == "tanh-slope")
    planted = type(entry)(type(entry.question)(**{**vars(entry.question), "answer": r"1+\tanh(x)^2"}), (), 1)
    ((_, slips),) = check_bank(Bank("b", "b", (planted,)))
    assert {slip.expected for slip in slips} == {"accepted", "rejected"}


def test_the_bank_is_package_data() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'symdl = \[.*"\*\*/\*\.toml".*\]', project)
