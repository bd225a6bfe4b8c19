"""How much faster are a million transactions as an Arrow table than as rows of SQLAlchemy?

    python benches/read_arrow.py [--rows ROWS] [--rounds ROUNDS] [--postgres postgres://user@host/database]

Needs the package built with `--release`, pyarrow and sqlalchemy, and psycopg for PostgreSQL. The books are a SQLite file, or an empty
database, that the engine makes and this script fills; both sides read the same columns of it in turn, and the best time of each counts.
SQLAlchemy is asked for rows as the database has them; where those are plain numbers, for rows whose amounts and days are `Decimal` and
`date` as in the table; and for mapped objects of the same.
"""

from __future__ import annotations

import argparse
import datetime
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
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
MICROSECOND = datetime.timedelta(microseconds=1)


class Amount(types.TypeDecorator[Decimal]):
    """Hundredths as an exact amount."""

    impl, cache_ok = types.BigInteger, True

    def process_bind_param(self, value: Any, dialect: Any) -> int:
        return int(value.scaleb(2))

    def process_result_value(self, value: Any, dialect: Any) -> Decimal:
        return Decimal(value).scaleb(-2)


class Day(types.TypeDecorator[datetime.date]):
    """A number of days."""

    impl, cache_ok = types.BigInteger, True

    def process_bind_param(self, value: Any, dialect: Any) -> int:
        return (value - DAY).days

    def process_result_value(self, value: Any, dialect: Any) -> datetime.date:
        return DAY + datetime.timedelta(days=value)


class Moment(types.TypeDecorator[datetime.datetime]):
    """A number of microseconds."""

    impl, cache_ok = types.BigInteger, True

    def process_bind_param(self, value: Any, dialect: Any) -> int:
        return (value - INSTANT) // MICROSECOND

    def process_result_value(self, value: Any, dialect: Any) -> datetime.datetime:
        return INSTANT + value * MICROSECOND


#: What amounts, days and instants are, as each kind of database has them and as they mean.
AS_STORED: dict[str, tuple[Any, ...]] = {"sqlite": (types.BigInteger,) * 3}
AS_MEANT: dict[str, tuple[Any, ...]] = {
    "sqlite": (Amount, Day, Moment),
    "postgresql": (types.Numeric, types.Date, types.DateTime(timezone=True)),
}


class Tables:
    """The tables of the books that are read."""

    def __init__(self, kinds: tuple[Any, ...]) -> None:
        amount, day, moment = kinds
        metadata = sqlalchemy.MetaData()
        text, number, column = types.Text, types.BigInteger, sqlalchemy.Column
        self.transactions = sqlalchemy.Table(
            "finance_transactions", metadata,
            column("id", number, primary_key=True), column("account_id", number), column("date", day), column("amount", amount),
            column("currency", text), column("pending", types.Boolean), column("description", text),
            column("original_description", text), column("merchant_name", text), column("category_id", number),
            column("channel", text), column("provider_id", text), column("created_at", moment), column("updated_at", moment),
            column("state", number),
        )
        self.categories = sqlalchemy.Table(
            "finance_categories", metadata, column("id", number, primary_key=True), column("primary_name", text),
            column("detailed_name", text),
        )


def fill(books: str, database: sqlalchemy.Engine, rows: int) -> None:
    """Books of one user with eight accounts over 2,000 days."""
    with Engine.open(books) as engine:
        accounts = [engine.create_manual_account("anna", f"Account {n}", "checking", "USD") for n in range(8)]
    chance = random.Random(1)
    merchants = [f"Merchant Number {n}" for n in range(3_000)]
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    tables = Tables(AS_MEANT[database.dialect.name])
    # What is written and not read.
    for name in ("connection_id", "origin", "digest", *(["scale"] if database.dialect.name == "sqlite" else [])):
        tables.transactions.append_column(sqlalchemy.Column(name, types.BigInteger))

    def row(n: int) -> dict[str, Any]:
        merchant, day = merchants[chance.randrange(3_000)], 18_600 + n * 2_000 // rows
        text = f"POS PURCHASE {merchant.upper()} {chance.randrange(10_000)} SEATTLE WA"
        at = INSTANT + (1_760_000_000_000_000 + n) * MICROSECOND
        return {
            "id": n, "connection_id": accounts[0].connection, "account_id": accounts[chance.randrange(8)].id,
            "provider_id": "".join(chance.choices(letters, k=37)), "state": 0, "pending": False,
            "date": DAY + datetime.timedelta(days=day), "amount": Decimal(-chance.randrange(1, 50_000)).scaleb(-2),
            "currency": "USD", "digest": chance.getrandbits(62), "created_at": at, "updated_at": at,
            "category_id": chance.choice(categories), "channel": "in store", "merchant_name": merchant, "description": text,
            "original_description": f"{text} CARD 1234", "origin": 0, "scale": 2,
        }

    names = [{"primary_name": f"GROUP_{n // 8}", "detailed_name": f"GROUP_{n // 8}_KIND_{n}"} for n in range(104)]
    made = map(row, range(1, rows + 1))
    insert = sqlalchemy.insert(tables.transactions)
    columns = set(tables.transactions.columns.keys())
    with database.begin() as connection:
        connection.execute(sqlalchemy.insert(tables.categories), names)
        categories = connection.scalars(sqlalchemy.select(tables.categories.c.id)).all()
        while some := [{name: it[name] for name in columns} for it in islice(made, 50_000)]:
            connection.execute(insert, some)


def selects(database: sqlalchemy.Engine) -> Iterator[tuple[str, Callable[[], int]]]:
    """The ways to ask SQLAlchemy."""

    def joined(of: Tables) -> sqlalchemy.FromClause:
        return of.transactions.outerjoin(of.categories, of.categories.c.id == of.transactions.c.category_id)

    def newest_first(query: sqlalchemy.Select[Any], of: Tables) -> sqlalchemy.Select[Any]:
        columns = of.transactions.c
        return query.where(columns.state == 0).order_by(columns.date.desc(), columns.id.desc())

    def rows(of: Tables) -> Callable[[], int]:
        columns = [column for column in of.transactions.columns if column.name not in ("state", "category_id")]
        query = newest_first(sqlalchemy.select(*columns, of.categories.c.detailed_name).select_from(joined(of)), of)

        def read() -> int:
            with database.connect() as connection:
                return len(connection.execute(query).fetchall())

        return read

    kind = database.dialect.name
    if kind in AS_STORED:
        yield "rows as stored", rows(Tables(AS_STORED[kind]))
    of = Tables(AS_MEANT[kind])
    yield "rows with Decimal and date", rows(of)
    class Mapped:
        """A transaction as SQLAlchemy maps it."""

    of_both = orm.registry().map_imperatively(
        Mapped, joined(of), primary_key=[of.transactions.c.id], exclude_properties=["primary_name"],
        properties={"id": of.transactions.c.id, "category": of.categories.c.id},
    )
    query = newest_first(sqlalchemy.select(of_both), of)

    def objects() -> int:
        with orm.Session(database) as session:
            return len(session.scalars(query).all())

    yield "mapped objects", objects


def compare(books: str, address: str, rows: int, rounds: int) -> None:
    """Fills books, reads them in turns, and prints how long each way took."""
    database = sqlalchemy.create_engine(address)
    fill(books, database, rows)
    contenders: dict[str, Callable[[], int]] = {}
    with Engine.open(books) as engine:

        def arrow(columns: list[str] | None) -> Callable[[], int]:
            return lambda: pyarrow.table(engine.transactions_arrow("anna", columns=columns)).num_rows

        contenders["Arrow"] = arrow(COLUMNS)
        contenders["Arrow, every column"] = arrow(None)
        contenders["Arrow, three columns"] = arrow(["date", "amount", "provider_category"])
        contenders |= {f"SQLAlchemy, {name}": read for name, read in selects(database)}
        best = dict.fromkeys(contenders, float("inf"))
        for _ in range(rounds):
            for name, contender in contenders.items():
                begun = time.perf_counter()
                found = contender()
                best[name] = min(best[name], time.perf_counter() - begun)
                if found != rows:
                    raise SystemExit(f"{name} read {found} rows instead of {rows}")
    print(f"{database.dialect.name}, {rows:,} transactions, best of {rounds}")
    for name, seconds in best.items():
        ratio = seconds / best["Arrow"]
        print(f"    {name:40} {seconds:8.2f} s {rows / seconds:12,.0f} rows/s {ratio:7.1f} times Arrow's time", flush=True)


def main() -> None:
    """Compares on each kind of database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", help="an empty database, such as postgres://user@host/database")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "books.db"
        compare(f"sqlite:{file}", f"sqlite:///{file}", arguments.rows, arguments.rounds)
    if arguments.postgres:
        address = arguments.postgres.replace("postgres://", "postgresql+psycopg://")
        compare(arguments.postgres, address, arguments.rows, arguments.rounds)


if __name__ == "__main__":
    main()
