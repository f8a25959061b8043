"""What losses declare: true claims are proved, planted false ones of each kind are refuted."""

from dataclasses import replace

import pytest

from symdl.core import LossProperties
from symdl.library.losses import LOSSES
from symdl.prover import decide
from symdl.prover.loss_properties import loss_claims

KINDS = ("nonnegative", "zero_at_target", "convex")


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_what_a_loss_declares_is_proved(loss):
    claims = loss_claims(loss)
    assert claims
    assert [claim.name for claim in claims if not decide(claim).proved] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_the_opposite_of_what_a_loss_declares_is_not_proved(loss, kind):
    declared = getattr(loss.properties, kind)
    if declared is None:
        pytest.skip("says nothing")
    opposite = replace(loss, properties=LossProperties(**{kind: not declared}))
    verdicts = [decide(claim) for claim in loss_claims(opposite)]
    assert any(not verdict.proved for verdict in verdicts)
    if not declared:
        assert any(verdict.refuted for verdict in verdicts)


def test_one_false_declaration_of_each_kind_is_refuted():
    refuted = {kind for kind in KINDS for loss in LOSSES if getattr(loss.properties, kind) is False}
    assert refuted == set(KINDS)


def test_a_loss_that_declares_nothing_makes_no_claims():
    assert loss_claims(replace(LOSSES[0], properties=None)) == ()
