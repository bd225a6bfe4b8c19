"""How much memory a table takes that is read batch by batch: a large one no more than a small one."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from finance_tracker import Engine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells the peak of a process in /proc, on Linux alone")

ROWS = 120_000

# The most memory that a process of its own ever held, in kilobytes: after a fifth of the rows, and after all of them.
READER = """
import datetime, json, pathlib, sys
import pyarrow
from finance_tracker import Engine

url, keep = sys.argv[1], sys.argv[2] == "keep"

def peak():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])

def read(engine, since, kept):
    rows = 0
    table = engine.transactions_arrow("anna", since=since, batch_rows=1_000)
    for batch in pyarrow.RecordBatchReader.from_stream(table):
        # Whoever looks at rows is slower than the database: batches must not pile up before them.
        rows += len(batch.to_pylist())
        if keep:
            kept.append(batch)
    return rows

with Engine.open(url) as engine:
    few = read(engine, datetime.date(2025, 7, 1), [])
    beginning = peak()
    print(json.dumps([few, read(engine, None, []), beginning, peak()]))
"""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Books of two accounts. The engine writes one long row into each, and the database copies them over a thousand days."""
    file = tmp_path_factory.mktemp("many rows") / "books.db"
    with Engine.open(f"sqlite:{file}") as engine:
        for name in ["Cash", "Savings"]:
            own = engine.create_manual_account("anna", name, "checking", "EUR")
            engine.add_transaction("anna", own.id, date(2026, 1, 5), Decimal("-3.20"), "Coffee and cake " * 30)
    books = sqlite3.connect(file)
    columns = [column[1] for column in books.execute("PRAGMA table_info(finance_transactions)")]
    others = {"id": "NULL", "provider_id": "provider_id || n", "date": "date - n % 1000"}
    selected = ", ".join(others.get(column, column) for column in columns)
    with books:
        books.execute(
            f"WITH RECURSIVE copies (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM copies WHERE n < {ROWS // 2 - 1}) "
            f"INSERT INTO finance_transactions ({', '.join(columns)}) SELECT {selected} FROM finance_transactions, copies"
        )
    books.close()
    return f"sqlite:{file}"


def growth(books: str, keep: str) -> float:
    """By how much the peak is higher after all rows than after a fifth of them, as a part of the latter."""
    reader = subprocess.run([sys.executable, "-c", READER, books, keep], check=True, stdout=subprocess.PIPE)
    few, rows, beginning, end = json.loads(reader.stdout)
    assert 0 < few < rows / 5 and rows == ROWS
    return float((end - beginning) / beginning)


def test_a_table_read_batch_by_batch_stays_small(books: str) -> None:
    assert growth(books, "drop") < 0.15


def test_a_table_that_is_kept_grows(books: str) -> None:
    assert growth(books, "keep") > 0.4
