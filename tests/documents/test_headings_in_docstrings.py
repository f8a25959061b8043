"""Headings inside an indented docstring, under the name of the class or function that it is of."""

from __future__ import annotations

import pytest

import symdl
from symdl.documents.blocks import outline
from symdl.documents.python import read_python

SOURCE = '''class Adam:
    r"""An optimizer.

    Adam
    ----
    With :math:`m_0 = 0`, the averages are

    .. math:: m_t = \\beta_1 m_{t-1} + (1-\\beta_1) g_t

    .. math:: v_t = \\beta_2 v_{t-1} + (1-\\beta_2) g_t^2

    .. math:: \\hat m_t = \\frac{m_t}{1-\\beta_1^t}

    .. math:: \\hat v_t = \\frac{v_t}{1-\\beta_1^t}

    .. math:: \\theta_t = \\theta_{t-1} - \\alpha \\frac{\\hat m_t}{\\sqrt{\\hat v_t} + \\epsilon}
    """
'''


def test_a_section_of_a_docstring_is_a_topic_within_its_class() -> None:
    reading = read_python(SOURCE)
    topics = outline(reading.notes.text, [(span.start, span.end) for span in reading.math]).topics
    assert [(topic.lead, len(topic.path)) for topic in dict.fromkeys(topics)] == [("Adam", 1), ("Adam", 2)]


@pytest.mark.parametrize("section", ["Adam\n    ----", "Notes\n    -----", "Algorithm\n    ---------"])
def test_a_slip_under_a_section_of_a_docstring_is_found_where_it_stands(section: str) -> None:
    source = SOURCE.replace("Adam\n    ----", section)
    found = symdl.check_text(source, name="adam.py").files[0].statements
    assert [(s.place.line, s.place.column) for s in found if s.outcome == "refuted"] == [(14, 15)]
