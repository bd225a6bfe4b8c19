"""Tables of the books by Arrow's C interface, read by whoever reads them."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.compute
import pyarrow.csv
import pytest

from finance_tracker import Account, ArrowStream, AsyncEngine, Engine
from finance_tracker.errors import ClosedError, InvalidInputError, StoreError

from paper_bank import PaperProvider, account as paper_account, row

DAY = date(2026, 3, 1)


@pytest.fixture
def engine(books_url: str) -> Iterator[Engine]:
    with Engine.open(books_url) as engine:
        yield engine


def account(engine: Engine, name: str = "Cash", currency: str = "EUR") -> Account:
    return engine.create_manual_account("anna", name, "checking", currency)


def filled(engine: Engine, rows: int, to: Account | None = None) -> Account:
    """An account with rows of 0.01, 0.02, ... money out, three a day."""
    own = to or account(engine)
    lines = ["Date,Description,Amount"]
    lines += [f"{DAY - timedelta(days=n // 3)},SHOP {n % 7} NO {n},-{(n + 1) / 100:.2f}" for n in range(rows)]
    engine.import_file("anna", own.id, "\n".join(lines).encode())
    return own


def amounts(stream: ArrowStream) -> list[Decimal]:
    found: list[Decimal] = pyarrow.table(stream)["amount"].to_pylist()
    return found


def in_pandas(stream: ArrowStream) -> Any:
    """As pandas reads it: by itself from version 3 on, which needs Python 3.11."""
    frame: Any = pandas.DataFrame
    return frame.from_arrow(stream) if hasattr(frame, "from_arrow") else pyarrow.table(stream).to_pandas()


def test_a_table_says_what_transactions_say(engine: Engine) -> None:
    own = filled(engine, 20)
    engine.add_transaction("anna", own.id, DAY, Decimal("1234.5"), "Wages", note="March", category="Income")
    rows = engine.transactions("anna", limit=100)
    engine.edit_transaction("anna", rows[3].id, name="Mine", category="Food", hidden=True)
    rows = engine.transactions("anna", limit=100, rows="with_hidden")
    table = pyarrow.table(engine.transactions_arrow("anna", rows="with_hidden"))
    assert table.num_rows == len(rows) == 21
    assert table["id"].to_pylist() == [row.id for row in rows]
    assert table["amount"].to_pylist() == [row.amount.amount for row in rows]
    assert table["currency"].to_pylist() == [row.amount.currency for row in rows]
    for column in ["account", "connection", "date", "name", "category", "state", "origin", "created_at", "updated_at"]:
        assert table[column].to_pylist() == [getattr(row, column) for row in rows], column
    assert table["hidden"].to_pylist() == [row.edits.hidden for row in rows]
    mine = table.filter(pyarrow.compute.equal(table["name"], "Mine")).to_pylist()[0]
    assert (mine["category_source"], mine["hidden"], mine["assigned_category"], mine["note"]) == ("user", True, None, None)
    wages = table.filter(pyarrow.compute.equal(table["name"], "Wages")).to_pylist()[0]
    assert (wages["note"], wages["category"], wages["imported_id"], wages["origin"]) == ("March", "Income", None, "manual")


def test_the_types_of_columns(engine: Engine) -> None:
    schema = pyarrow.schema(engine.transactions_arrow("anna"))
    word = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    instant = pyarrow.timestamp("us", tz="UTC")
    for column, kind in {
        "id": pyarrow.int64(),
        "date": pyarrow.date32(),
        "amount": pyarrow.decimal128(38, 18),
        "currency": word,
        "description": pyarrow.string(),
        "category": word,
        "confidence": pyarrow.uint8(),
        "pending": pyarrow.bool_(),
        "datetime": instant,
        "created_at": instant,
    }.items():
        assert schema.field(column).type == kind
    assert not schema.field("id").nullable and schema.field("note").nullable
    assert pyarrow.table(engine.transactions_arrow("anna")).schema == schema


@pytest.mark.parametrize("rows", [0, 1, 50])
def test_all_readers_read_the_same(engine: Engine, rows: int) -> None:
    filled(engine, rows) if rows else account(engine)
    stream = engine.transactions_arrow("anna", columns=["id", "amount", "date", "category", "note"], batch_rows=7)
    by_pyarrow = pyarrow.table(stream).to_pylist()
    assert len(by_pyarrow) == rows
    assert all(row["category"] is None and row["note"] is None for row in by_pyarrow)
    by_polars = polars.DataFrame(stream)
    assert by_polars.columns == ["id", "amount", "date", "category", "note"]
    assert [(row["id"], row["amount"], row["date"]) for row in by_polars.to_dicts()] == [
        (row["id"], row["amount"], row["date"]) for row in by_pyarrow
    ]
    by_pandas = in_pandas(stream)
    assert list(by_pandas["id"]) == [row["id"] for row in by_pyarrow]
    assert list(by_pandas["amount"]) == [row["amount"] for row in by_pyarrow]
    assert by_pandas["note"].isna().all()
    with duckdb.connect() as database:
        database.register("booked", pyarrow.RecordBatchReader.from_stream(stream))
        total = database.execute("SELECT sum(amount), count(*) FROM booked").fetchone()
        assert total == (sum(row["amount"] for row in by_pyarrow) if rows else None, rows)
        directly = database.execute("SELECT id, date, amount FROM stream ORDER BY ALL").fetchall()
        assert directly == sorted((row["id"], row["date"], row["amount"]) for row in by_pyarrow)


def test_amounts_are_exact(engine: Engine) -> None:
    own = account(engine, currency="USD")
    exact = [Decimal(text) for text in ["0.1", "-0.30", "999999999999999.99", "0.000000000000000001", "-12.340000000000001"]]
    for amount in exact:
        engine.add_transaction("anna", own.id, DAY, amount, "x")
    assert sorted(amounts(engine.transactions_arrow("anna"))) == sorted(exact)
    engine.add_transaction("anna", own.id, DAY, Decimal("0.0000000000000000001"), "y")
    with pytest.raises(Exception, match="does not fit into 38 digits, 18 of them decimals.*nothing is rounded"):
        pyarrow.table(engine.transactions_arrow("anna"))
    assert Decimal("0.0000000000000000001") in amounts(engine.transactions_arrow("anna", decimals=19))
    with pytest.raises(Exception, match="999999999999999.99 does not fit"):
        pyarrow.table(engine.transactions_arrow("anna", decimals=28))
    # What nobody asks for cannot fail.
    assert pyarrow.table(engine.transactions_arrow("anna", columns=["id"], decimals=2)).num_rows == 6
    with pytest.raises(InvalidInputError):
        engine.transactions_arrow("anna", decimals=29)


def test_zeros_at_the_end_need_no_room(engine: Engine) -> None:
    own = account(engine)
    engine.add_transaction("anna", own.id, DAY, Decimal("1.5000"), "x")
    assert amounts(engine.transactions_arrow("anna", decimals=1)) == [Decimal("1.5")]


def test_accounts_days_and_rows_are_chosen(engine: Engine) -> None:
    first, second = account(engine, "A"), account(engine, "B")
    for own, day, amount in [(first, 1, 1), (first, 2, 2), (second, 3, 3), (second, 4, 4)]:
        engine.add_transaction("anna", own.id, date(2026, 3, day), amount, "x")
    assert amounts(engine.transactions_arrow("anna")) == [4, 3, 2, 1]
    assert amounts(engine.transactions_arrow("anna", accounts=[first.id])) == [2, 1]
    between = engine.transactions_arrow("anna", since=date(2026, 3, 2), until=date(2026, 3, 3))
    assert amounts(between) == [3, 2]
    gone = engine.transactions("anna")[0]
    engine.edit_transaction("anna", gone.id, deleted=True)
    assert amounts(engine.transactions_arrow("anna")) == [3, 2, 1]
    assert amounts(engine.transactions_arrow("anna", rows="deleted_by_user")) == [4]
    assert amounts(engine.transactions_arrow("anna", rows="any")) == [4, 3, 2, 1]
    assert amounts(engine.transactions_arrow("bob")) == []
    for table in [engine.transactions_arrow, engine.accounts_arrow, engine.balances_arrow, engine.duplicates_arrow]:
        with pytest.raises(Exception, match="NotFoundError"):
            pyarrow.table(table("anna", accounts=[first.id, 999]))
    with pytest.raises(InvalidInputError):
        engine.transactions_arrow("anna", since=date(2026, 3, 3), until=date(2026, 3, 2))


def test_columns_are_chosen_in_any_order(engine: Engine) -> None:
    filled(engine, 4)
    table = pyarrow.table(engine.transactions_arrow("anna", columns=["note", "amount", "id"]))
    assert table.column_names == ["note", "amount", "id"]
    assert pyarrow.table(engine.transactions_arrow("anna", columns=[])).num_rows == 4
    with pytest.raises(InvalidInputError, match="'?\"?colour\"?'? is no column; there are id, account"):
        engine.transactions_arrow("anna", columns=["colour"])
    with pytest.raises(InvalidInputError, match="named twice"):
        engine.transactions_arrow("anna", columns=["id", "id"])


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 4, 10, 1_000])
def test_batches_hold_no_more_rows_than_wanted(engine: Engine, batch_rows: int) -> None:
    own = filled(engine, 31)
    for _ in range(5):
        engine.add_transaction("anna", own.id, DAY, 7, "same day")
    ids = [row.id for row in engine.transactions("anna")]
    reader = pyarrow.RecordBatchReader.from_stream(engine.transactions_arrow("anna", batch_rows=batch_rows))
    batches = list(reader)
    assert [id for batch in batches for id in batch["id"].to_pylist()] == ids
    assert 0 < max(batch.num_rows for batch in batches) <= batch_rows
    with pytest.raises(InvalidInputError):
        engine.transactions_arrow("anna", batch_rows=0)


def test_batches_are_read_when_they_are_asked_for(engine: Engine) -> None:
    own = filled(engine, 30)
    stream = engine.transactions_arrow("anna", batch_rows=3)
    reader = pyarrow.RecordBatchReader.from_stream(stream)
    first = reader.read_next_batch()
    # The oldest day is far from read: a row that comes there now is in the table.
    late = engine.add_transaction("anna", own.id, DAY - timedelta(days=9), 99, "late")
    rest = [id for batch in reader for id in batch["id"].to_pylist()]
    assert late.id in rest and first.num_rows + len(rest) == 31
    # Nothing was read before: a new reading begins anew.
    assert pyarrow.table(stream).num_rows == pyarrow.table(stream).num_rows == 31


def test_a_reading_may_stop_half_way(engine: Engine) -> None:
    filled(engine, 40)
    stream = engine.transactions_arrow("anna", batch_rows=2)
    for taken in range(4):
        reader = pyarrow.RecordBatchReader.from_stream(stream)
        for _ in range(taken):
            reader.read_next_batch()
        reader.close()
        del reader
    stream.__arrow_c_stream__()
    assert pyarrow.table(stream).num_rows == 40


def test_an_engine_closed_meanwhile_ends_the_reading(engine: Engine) -> None:
    filled(engine, 40)
    stream = engine.transactions_arrow("anna", batch_rows=1)
    reader = pyarrow.RecordBatchReader.from_stream(stream)
    reader.read_next_batch()
    engine.close()
    with pytest.raises(Exception, match="the engine is closed"):
        for _ in reader:
            pass
    with pytest.raises(ClosedError):
        stream.__arrow_c_stream__()
    assert pyarrow.schema(stream).names[0] == "id"


def test_other_threads_go_on_while_one_reads(engine: Engine) -> None:
    filled(engine, 60)
    stream = engine.transactions_arrow("anna", batch_rows=5)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(pyarrow.table(stream).num_rows)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [60] * 8


async def test_asyncio_reads_in_a_thread(tmp_path: Path) -> None:
    async with await AsyncEngine.open(f"sqlite:{tmp_path / 'books.db'}") as engine:
        own = await engine.create_manual_account("anna", "Cash", "checking", "EUR")
        await engine.add_transaction("anna", own.id, DAY, 5, "x")
        table = await asyncio.to_thread(pyarrow.table, engine.transactions_arrow("anna"))
        assert table["amount"].to_pylist() == [5]


def test_accounts_and_their_balances(engine: Engine) -> None:
    own = engine.create_manual_account("anna", "Card", "credit_card", "EUR", mask="1234", opening=(Decimal("-10.50"), DAY))
    account(engine, "Empty", "USD")
    table = pyarrow.table(engine.accounts_arrow("anna")).to_pylist()
    accounts = engine.accounts("anna")
    assert [(row["id"], row["name"], row["kind"], row["status"]) for row in table] == [
        (own.id, "Card", "credit_card", "open"),
        (accounts[1].id, "Empty", "checking", "open"),
    ]
    assert [row["current"] for row in table] == [one.balances.current for one in accounts]
    assert (table[0]["mask"], table[1]["mask"], table[0]["official_name"]) == ("1234", None, None)
    assert pyarrow.table(engine.accounts_arrow("anna", accounts=[own.id], columns=["name"])).to_pylist() == [{"name": "Card"}]
    balances = pyarrow.table(engine.balances_arrow("anna"))
    expected = [entry for one in accounts for entry in engine.balance_history("anna", one.id)]
    assert balances["account"].to_pylist() == [entry.account for entry in expected]
    assert balances["current"].to_pylist() == [entry.balances.current for entry in expected]
    assert pyarrow.table(engine.balances_arrow("anna", until=date(1990, 1, 1))).num_rows == 0
    assert pyarrow.table(engine.duplicates_arrow("anna")).schema.names == ["account", "keep", "drop", "score", "reasons"]


def test_duplicates_are_those_to_review(tmp_path: Path) -> None:
    bank = PaperProvider()
    told = [row("coffee", "a", "-4.50"), row("rent", "a", "-900.00"), row("book", "b", "-12.00")]
    token = bank.sign_in([paper_account("a"), paper_account("b")], told)
    with Engine.open(f"sqlite:{tmp_path / 'books.db'}", bank, token_key=bytes(range(32))) as engine:
        engine.link("anna", token)
        by_bank = {one.provider_id: one for one in engine.transactions("anna")}
        # Typed in after the bank told them: the first two are the bank's, the third is nobody's.
        typed = [
            engine.add_transaction("anna", by_bank[id].account, by_bank[id].date, amount, f"ROW {id}")
            for id, amount in [("coffee", Decimal("-4.50")), ("book", Decimal("-12.00")), ("rent", Decimal("-1.23"))]
        ]
        accounts = [one.id for one in engine.accounts("anna")]
        expected = [
            {
                "account": account,
                "keep": pair.keep,
                "drop": pair.drop,
                "score": pair.score,
                "reasons": "; ".join(reason.text for reason in pair.reasons),
            }
            for account in accounts
            for pair in engine.review_duplicates("anna", account)
        ]
        table = pyarrow.table(engine.duplicates_arrow("anna")).to_pylist()
        assert table == expected
        assert [(pair["account"], pair["keep"], pair["drop"]) for pair in table] == [
            (by_bank[id].account, by_bank[id].id, own.id) for id, own in zip(["coffee", "book"], typed)
        ]
        assert all(0 < pair["score"] <= 100 and pair["reasons"] for pair in table)
        only = engine.duplicates_arrow("anna", accounts=[by_bank["book"].account], columns=["drop", "score"])
        assert pyarrow.table(only).to_pylist() == [{"drop": typed[1].id, "score": table[1]["score"]}]
        engine.merge_transactions("anna", table[0]["keep"], table[0]["drop"])
        assert pyarrow.table(engine.duplicates_arrow("anna")).to_pylist() == table[1:]


@pytest.mark.parametrize("library", ["pyarrow", "polars", "pandas", "duckdb"])
def test_categories_are_written_back_from_any_library(engine: Engine, library: str) -> None:
    filled(engine, 9)
    claim = engine.claim_uncategorised_arrow("anna", limit=100)
    assert claim is not None
    questions = pyarrow.table(claim.questions)
    assert questions.num_rows == 9 and set(questions["direction"].to_pylist()) == {"out"}
    ids = questions["transaction"].to_pylist()
    categories = [None if n == 0 else f"Category {n % 2}" for n in range(9)]
    columns: dict[str, Any] = {"transaction": ids, "category": categories, "confidence": list(range(80, 89))}
    answers: Any = pyarrow.table(columns)
    if library == "polars":
        answers = polars.DataFrame(columns).with_columns(polars.col("category").cast(polars.Categorical))
    elif library == "pandas":
        answers = pandas.DataFrame(columns)
    elif library == "duckdb":
        answers = duckdb.from_arrow(answers)
    assert engine.apply_categories_arrow("anna", claim.id, answers, source="my model") == 8
    rows = pyarrow.table(engine.transactions_arrow("anna")).to_pylist()
    by_id = {row["id"]: row for row in rows}
    for id, category, confidence in zip(ids, categories, range(80, 89), strict=True):
        told = (by_id[id]["category"], by_id[id]["category_source"], by_id[id]["confidence"])
        assert told == ((category, "my model", confidence) if category else (None, None, None))
    with pytest.raises(StoreError):
        engine.apply_categories_arrow("anna", claim.id, pyarrow.table(columns), source="my model")
    assert engine.claim_uncategorised_arrow("anna") is None


@pytest.mark.parametrize("way", ["query", "generator", "stream"])
def test_answers_may_be_read_from_a_table_of_ours_while_they_are_taken(engine: Engine, way: str) -> None:
    filled(engine, 5)
    claim = engine.claim_uncategorised_arrow("anna")
    assert claim is not None
    questions = claim.questions
    types = pyarrow.schema([("transaction", pyarrow.int64()), ("category", pyarrow.string())])

    def answers(rows: Any) -> Iterator[pyarrow.RecordBatch]:
        for batch in pyarrow.RecordBatchReader.from_stream(rows):
            known = [batch["transaction"], pyarrow.array(["FOOD"] * batch.num_rows)]
            yield pyarrow.record_batch(known, schema=types)

    class Answers:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            read = pyarrow.Table.from_batches(answers(pyarrow.table(questions)), schema=types)
            return read.__arrow_c_stream__(requested_schema)

    if way == "query":
        rows = engine.transactions_arrow("anna", columns=["id"])
        table: Any = duckdb.sql("SELECT id AS transaction, 'FOOD' AS category FROM rows")
        del rows
    elif way == "generator":
        table = pyarrow.RecordBatchReader.from_batches(types, answers(questions))
    else:
        table = Answers()
    assert engine.apply_categories_arrow("anna", claim.id, table, source="model") == 5
    assert [row.category for row in engine.transactions("anna")] == ["FOOD"] * 5


def test_answers_may_come_from_what_needs_python_in_its_own_threads(engine: Engine) -> None:
    filled(engine, 3)
    claim = engine.claim_uncategorised_arrow("anna")
    assert claim is not None
    ids = pyarrow.table(claim.questions)["transaction"].to_pylist()
    lines = [f"{id},food" for id in ids] + [f"{id},{'x' * 100}" for id in range(100_000, 110_000)]
    file = io.BytesIO("\n".join(["transaction,category", *lines]).encode())
    reader = pyarrow.csv.open_csv(file, read_options=pyarrow.csv.ReadOptions(block_size=4096))
    with pytest.raises(InvalidInputError, match="none of the claim's"):
        engine.apply_categories_arrow("anna", claim.id, reader, source="m")


def test_a_reader_that_goes_on_after_a_failure_is_not_told_of_an_end(engine: Engine) -> None:
    filled(engine, 3)
    reader = pyarrow.RecordBatchReader.from_stream(engine.transactions_arrow("anna", batch_rows=1))
    reader.read_next_batch()
    engine.close()
    for _ in range(2):
        with pytest.raises(Exception, match="the engine is closed"):
            while True:
                reader.read_next_batch()


def test_answers_that_cannot_be_are_refused(engine: Engine) -> None:
    filled(engine, 3)
    claim = engine.claim_uncategorised_arrow("anna")
    assert claim is not None
    ids = pyarrow.table(claim.questions)["transaction"].to_pylist()
    good: dict[str, Any] = {"transaction": ids, "category": ["a", "b", "c"], "source": ["m", "m", "m"]}
    refused: list[tuple[dict[str, Any], str]] = [
        ({"transaction": None}, "no column"),
        ({"category": None}, "no column"),
        ({"transaction": [1.5, 2.0, 3.0]}, "is no Int64"),
        ({"transaction": [ids[0], None, ids[2]]}, "of no transaction"),
        ({"transaction": [ids[0], ids[0], ids[2]]}, "answered twice"),
        ({"transaction": [ids[0], ids[1], 999_999]}, "none of the claim's"),
        ({"category": [1, 2, 3]}, "is no Utf8"),
        ({"confidence": [0.5, 0.5, 0.5]}, "is no UInt8"),
        ({"confidence": [1, 2, 300]}, "is no UInt8"),
        ({"confidence": [1, 2, 101]}, "0 to 100"),
        ({"source": [None, "m", "m"]}, "nobody says who"),
    ]
    for change, said in refused:
        columns = {name: values for name, values in {**good, **change}.items() if values is not None}
        with pytest.raises((InvalidInputError, StoreError), match=said):
            engine.apply_categories_arrow("anna", claim.id, pyarrow.table(columns))
    not_arrow: Any = good
    with pytest.raises(TypeError, match="hands out no Arrow table"):
        engine.apply_categories_arrow("anna", claim.id, not_arrow)
    assert engine.apply_categories_arrow("anna", claim.id, pyarrow.table(good)) == 3
