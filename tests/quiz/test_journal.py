"""What a kill leaves behind is continued or refused, never doubled and never lost."""

import random
from pathlib import Path

import pytest

from symdl.core import InputError
from symdl.quiz.journal import Journal

BATCHES = [b"one\ntwo\n", b"three\n", b"four\nfive\nsix\n"]


def written(path: Path, batches: list[bytes]) -> None:
    journal = Journal(path, {"input": "a"})
    for batch in batches[journal.rows :]:
        journal.append(1, batch, {"RIGHT": journal.rows})
    journal.close()


def test_a_file_cut_at_any_byte_is_continued_without_loss_or_doubling(tmp_path: Path) -> None:
    """A kill leaves a beginning of the writes, in their order: file, journal, file, journal ..."""
    whole = b"".join(BATCHES)
    model = tmp_path / "model"
    written(model, BATCHES)
    lines = Path(f"{model}.journal").read_bytes().splitlines(keepends=True)
    source = random.Random(1)
    for done in range(len(BATCHES)):
        for _ in range(5):
            path = tmp_path / "marks"
            before = b"".join(BATCHES[:done])
            torn = BATCHES[done][: source.randrange(len(BATCHES[done]) + 1)]
            path.write_bytes(before + torn)
            note = b""
            if torn == BATCHES[done]:
                note = lines[done + 1][: source.randrange(len(lines[done + 1]))]
            Path(f"{path}.journal").write_bytes(b"".join(lines[: done + 1]) + note)
            written(path, BATCHES)
            assert path.read_bytes() == whole


def test_counts_are_kept_across_runs(tmp_path: Path) -> None:
    written(tmp_path / "marks", BATCHES)
    journal = Journal(tmp_path / "marks", {"input": "a"})
    assert (journal.rows, journal.counts, journal.finished) == (3, {"RIGHT": 2}, False)
    journal.finish()
    journal.close()
    again = Journal(tmp_path / "marks", {"input": "a"})
    assert again.finished
    again.close()


def test_other_input_is_refused_by_name(tmp_path: Path) -> None:
    written(tmp_path / "marks", BATCHES)
    with pytest.raises(InputError, match="begun with another input"):
        Journal(tmp_path / "marks", {"input": "b"})
    assert (tmp_path / "marks").read_bytes() == b"".join(BATCHES)


def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "marks").write_text("mine")
    with pytest.raises(InputError, match="no journal beside it"):
        Journal(tmp_path / "marks", {"input": "a"})
    assert (tmp_path / "marks").read_text() == "mine"


@pytest.mark.parametrize("content", [b"one\ntwo\nthrXe\nfour\nfive\nsixx\n", b"one\n"])
def test_a_file_that_was_changed_is_refused(tmp_path: Path, content: bytes) -> None:
    written(tmp_path / "marks", BATCHES)
    (tmp_path / "marks").write_bytes(content)
    with pytest.raises(InputError, match="changed since"):
        Journal(tmp_path / "marks", {"input": "a"})


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    first = Journal(tmp_path / "marks", {"input": "a"})
    with pytest.raises(InputError, match="another run"):
        Journal(tmp_path / "marks", {"input": "a"})
    first.close()


def test_removing_the_file_begins_anew(tmp_path: Path) -> None:
    written(tmp_path / "marks", BATCHES)
    (tmp_path / "marks").unlink()
    journal = Journal(tmp_path / "marks", {"input": "b"})
    assert journal.rows == 0
    journal.close()


def test_a_journal_that_is_none_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "marks", BATCHES)
    Path(f"{tmp_path / 'marks'}.journal").write_bytes(b"{}\nnot json\n")
    with pytest.raises(InputError, match="is no journal"):
        Journal(tmp_path / "marks", {"input": "a"})


def test_a_run_that_marked_nothing_binds_nobody(tmp_path: Path) -> None:
    Journal(tmp_path / "marks", {"input": "a"}).close()
    journal = Journal(tmp_path / "marks", {"input": "b"})
    journal.append(1, b"one\n", {})
    journal.close()
    with pytest.raises(InputError, match="begun with another"):
        Journal(tmp_path / "marks", {"input": "a"})
