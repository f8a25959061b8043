"""Places of keys and values in TOML: held against tomllib, which reads the values."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.quiz.banks.toml_places import Path, line_and_column, places

KEYS = st.sampled_from(["a", "b-c", '"d e"', "'f.g'", "h_1"])
SCALARS = st.sampled_from(
    [
        "1",
        "-2.5e3",
        "true",
        "1979-05-27",
        '"x # ] }"',
        r"'\alpha = {'",
        r'"a\"b"',
        '"""two\nlines = [1]"""',
        "'''[[no]]\nk = 1'''",
        '""""quoted""""',
    ]
)


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    between = st.sampled_from([", ", ",\n  # a comment = 1\n  "])
    return st.builds(lambda items, sep: f"[{sep.join(items)}]", st.lists(inner, max_size=3), between)


def inline_tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one_line = inner.filter(lambda text: "\n" not in text)
    entries = st.dictionaries(KEYS, one_line, max_size=3)
    return entries.map(lambda table: "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }")


VALUES = st.recursive(SCALARS, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=5)
BODIES = st.dictionaries(KEYS, VALUES, max_size=3).map(
    lambda table: "".join(f"  {key} = {value} # end\n" for key, value in table.items())
)
DOCUMENTS = st.builds(
    lambda top, headers: top + "".join(f"\n{header}\n{body}" for header, body in headers),
    BODIES,
    st.lists(st.tuples(st.sampled_from(["[[question]]", "[[ question.part ]]", "[[other]]"]), BODIES), max_size=4),
)


def parts(value: object, path: Path = ()) -> dict[Path, object]:
    entries: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = {path: value}
    for key, inner in entries:
        found |= parts(inner, (*path, key))
    return found


@given(DOCUMENTS)
def test_every_value_has_a_place_and_its_key_stands_there(text: str) -> None:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = places(text)
    expected = parts(values)
    assert set(found) == set(expected) - {()}
    for path, position in found.items():
        if isinstance(path[-1], str):
            assert any(text[position:].lstrip("\"'").startswith(str(key)) for key in path)


def test_elements_of_arrays_have_places_of_their_own() -> None:
    text = "accepted = [\n  'a', # one\n  'b',\n]\n"
    assert line_and_column(text, places(text)[("accepted", 1)]) == (3, 3)


@pytest.mark.parametrize("text", ["", "# only a comment", "\n\n", "a.b.c = 1\n"])
def test_documents_without_tables_are_scanned(text: str) -> None:
    assert set(places(text)) == set(parts(tomllib.loads(text))) - {()}
