"""How much faster are a million transactions as an Arrow table than as rows of SQLAlchemy?

    python benches/read_arrow.py [ROWS] [ROUNDS]

Needs the package built with `--release`, pyarrow and sqlalchemy. The books are a SQLite file that the engine makes and this script
fills; both sides read the same columns of it in turn, and the best time of each counts. SQLAlchemy is asked three ways: rows as the
database has them; rows whose amounts and days are `Decimal` and `date`, as in the table; and mapped objects of the same.
"""

from __future__ import annotations

import datetime
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import sqlalchemy
from sqlalchemy import orm, types

from finance_tracker import Engine

COLUMNS = [
    "id", "account", "date", "amount", "currency", "pending", "description", "original_description", "merchant_name",
    "provider_category", "channel", "imported_id", "created_at", "updated_at",
]
DAY = datetime.date(1970, 1, 1)
INSTANT = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def fill(file: Path, rows: int) -> None:
    """Books of one user with eight accounts over 2,000 days."""
    with Engine.open(f"sqlite:{file}") as engine:
        accounts = [engine.create_manual_account("anna", f"Account {n}", "checking", "USD").id for n in range(8)]
    chance = random.Random(1)
    merchants = [f"Merchant Number {n}" for n in range(3_000)]
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    with sqlite3.connect(file) as books:
        connection = books.execute("SELECT id FROM finance_connections").fetchone()[0]
        names = ((n, f"GROUP_{n // 8}", f"GROUP_{n // 8}_KIND_{n}", "HIGH") for n in range(1, 105))
        books.executemany(
            "INSERT INTO finance_categories (id, primary_name, detailed_name, confidence) VALUES (?, ?, ?, ?)", names
        )

        def row(n: int) -> tuple[Any, ...]:
            merchant, day = merchants[chance.randrange(3_000)], 18_600 + n * 2_000 // rows
            text = f"POS PURCHASE {merchant.upper()} {chance.randrange(10_000)} SEATTLE WA"
            at = 1_760_000_000_000_000 + n
            return (
                n, connection, accounts[chance.randrange(8)], "".join(chance.choices(letters, k=37)), 0, 0, day,
                -chance.randrange(1, 50_000), 2, "USD", chance.getrandbits(62), at, at, chance.randrange(1, 105),
                "in store", merchant, text, f"{text} CARD 1234", 0,
            )

        books.executemany(
            "INSERT INTO finance_transactions (id, connection_id, account_id, provider_id, state, pending, date, amount, scale, "
            "currency, digest, created_at, updated_at, category_id, channel, merchant_name, description, original_description, origin) "
            f"VALUES ({', '.join('?' * 19)})",
            (row(n) for n in range(1, rows + 1)),
        )
    books.close()


class Amount(types.TypeDecorator[Decimal]):
    """Hundredths as an exact amount."""

    impl, cache_ok = types.Integer, True

    def process_result_value(self, value: Any, dialect: Any) -> Decimal:
        return Decimal(value).scaleb(-2)


class Day(types.TypeDecorator[datetime.date]):
    """A number of days."""

    impl, cache_ok = types.Integer, True

    def process_result_value(self, value: Any, dialect: Any) -> datetime.date:
        return DAY + datetime.timedelta(days=value)


class Moment(types.TypeDecorator[datetime.datetime]):
    """A number of microseconds."""

    impl, cache_ok = types.Integer, True

    def process_result_value(self, value: Any, dialect: Any) -> datetime.datetime:
        return INSTANT + datetime.timedelta(microseconds=value)


def tables(typed: bool) -> tuple[sqlalchemy.Table, sqlalchemy.Table]:
    amount, day, moment = (Amount, Day, Moment) if typed else (types.Integer,) * 3
    metadata = sqlalchemy.MetaData()
    text, number = types.Text, types.Integer
    column = sqlalchemy.Column
    transactions = sqlalchemy.Table(
        "finance_transactions", metadata,
        column("id", number, primary_key=True), column("account_id", number), column("date", day), column("amount", amount),
        column("currency", text), column("pending", types.Boolean), column("description", text),
        column("original_description", text), column("merchant_name", text), column("category_id", number),
        column("channel", text), column("provider_id", text), column("created_at", moment), column("updated_at", moment),
        column("state", number),
    )
    categories = sqlalchemy.Table(
        "finance_categories", metadata, column("id", number, primary_key=True), column("detailed_name", text)
    )
    return transactions, categories


class Mapped:
    """A transaction as SQLAlchemy maps it."""


def selects() -> dict[str, Callable[[sqlalchemy.Engine], int]]:
    def rows(typed: bool) -> Callable[[sqlalchemy.Engine], int]:
        of, categories = tables(typed)
        columns = [column for column in of.columns if column.name not in ("state", "category_id")]
        joined = of.outerjoin(categories, categories.c.id == of.c.category_id)
        query = sqlalchemy.select(*columns, categories.c.detailed_name).select_from(joined)
        query = query.where(of.c.state == 0).order_by(of.c.date.desc(), of.c.id.desc())

        def read(engine: sqlalchemy.Engine) -> int:
            with engine.connect() as connection:
                return len(connection.execute(query).fetchall())

        return read

    of, categories = tables(True)
    joined = of.outerjoin(categories, categories.c.id == of.c.category_id)
    of_both = orm.registry().map_imperatively(
        Mapped, joined, primary_key=[of.c.id], properties={"id": of.c.id, "category": categories.c.id}
    )
    query = sqlalchemy.select(of_both).where(of.c.state == 0).order_by(of.c.date.desc(), of.c.id.desc())

    def objects(engine: sqlalchemy.Engine) -> int:
        with orm.Session(engine) as session:
            return len(session.scalars(query).all())

    return {"rows as stored": rows(False), "rows with Decimal and date": rows(True), "mapped objects": objects}


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "books.db"
        fill(file, rows)
        database = sqlalchemy.create_engine(f"sqlite:///{file}")
        contenders: dict[str, Callable[[], int]] = {}
        with Engine.open(f"sqlite:{file}") as engine:
            contenders["Arrow"] = lambda: pyarrow.table(engine.transactions_arrow("anna", columns=COLUMNS)).num_rows
            contenders["Arrow, every column"] = lambda: pyarrow.table(engine.transactions_arrow("anna")).num_rows
            few = ["date", "amount", "provider_category"]
            contenders["Arrow, three columns"] = lambda: pyarrow.table(engine.transactions_arrow("anna", columns=few)).num_rows
            for name, read in selects().items():
                contenders[f"SQLAlchemy, {name}"] = lambda read=read: read(database)
            best = dict.fromkeys(contenders, float("inf"))
            for _ in range(rounds):
                for name, contender in contenders.items():
                    begun = time.perf_counter()
                    found = contender()
                    best[name] = min(best[name], time.perf_counter() - begun)
                    if found != rows:
                        raise SystemExit(f"{name} read {found} rows instead of {rows}")
        print(f"{rows:,} transactions, best of {rounds}")
        for name, seconds in best.items():
            ratio = seconds / best["Arrow"]
            print(f"{name:44} {seconds:8.2f} s {rows / seconds:12,.0f} rows/s {ratio:7.1f} times Arrow's time")


if __name__ == "__main__":
    main()
