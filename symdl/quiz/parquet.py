"""Parquet in and out, by pyarrow: the extra ``symdl[parquet]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from symdl.core import InputError, MissingPackage

_ROWS = 4096


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingPackage("Parquet files need pyarrow", remedy="pip install 'symdl[parquet]'") from None
    return pyarrow


def parquet_rows(path: Path, needed: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """The rows of a file; raises :class:`InputError` on one that is cut off or lacks a column."""
    pyarrow = _pyarrow()
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            for name in needed:
                if name not in names:
                    raise InputError(f"{path}: no column {name}", remedy=f"found: {', '.join(names)[:200]}")
            wanted = [name for name in (*needed, "given", "id") if name in names]
            for batch in file.iter_batches(batch_size=_ROWS, columns=wanted):
                yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} is no whole Parquet file: {reason}", remedy="write it again") from None


def write_parquet(path: Path, rows: Iterator[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
    """Rows to a file, some thousands at a time; ``columns`` names each with its type in Arrow's words."""
    pyarrow = _pyarrow()
    schema = pyarrow.schema([(name, getattr(pyarrow, kind)()) for name, kind in columns.items()])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        batch: list[Mapping[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == _ROWS:
                writer.write_table(pyarrow.Table.from_pylist(batch, schema=schema))
                batch = []
        writer.write_table(pyarrow.Table.from_pylist(batch, schema=schema))


def require_pyarrow() -> None:
    """Raise :class:`MissingPackage` at once, before hours of work, where pyarrow is absent."""
    _pyarrow()
