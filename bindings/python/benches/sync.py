"""What does it cost to sync 50,000 transactions through this package, and in the usual Python way, from the same simulator?

    python benches/sync.py --rows 50000 --rounds 3 [--postgres postgres://user@host/database]

The usual way is Plaid's official client and SQLAlchemy 2, which upserts pages of 500: once with the client as documented (typed
models) and the ORM's bulk upsert, once at its fastest (the client's type checks off, rows from the plain JSON, `executemany`). Each side
pages from an empty cursor into an empty database, in turns; ratios are of the medians. The documented way takes minutes and runs once.
The simulator and PostgreSQL run on the same machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import plaid
import sqlalchemy as sa
from plaid.api import plaid_api
from plaid.model.transactions_sync_request import TransactionsSyncRequest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from finance_tracker import Engine, Plaid, PublicToken

PAGE = 500
KEY = bytes(32)


class Base(DeclarativeBase):
    """The tables of the usual way."""


class Row(Base):
    """A transaction as applications keep it: amounts exact, identifiers unique, the raw JSON beside."""

    __tablename__ = "transactions"
    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(index=True)
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(28, 10))
    currency: Mapped[str | None]
    date: Mapped[str] = mapped_column(index=True)
    authorized_date: Mapped[str | None]
    name: Mapped[str]
    merchant_name: Mapped[str | None]
    category: Mapped[str | None]
    pending: Mapped[bool]
    raw: Mapped[str]


@contextmanager
def simulator(rows: int, program: str) -> Iterator[str]:
    """A simulator with so many rows."""
    arguments = [program, "--transactions", str(rows), "--days", "720", "--accounts", "4"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("listening on ").strip()
        process.terminate()


def ask(url: str, path: str, body: dict[str, object]) -> Any:
    """One call of Plaid's API."""
    keys: dict[str, object] = {"client_id": "bench-client", "secret": "bench-secret"}
    data = json.dumps(keys | body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def signed_in(url: str) -> str:
    """A public token."""
    body: dict[str, object] = {"institution_id": "ins_109508", "initial_products": ["transactions"]}
    token: str = ask(url, "/sandbox/public_token/create", body)["public_token"]
    return token


def ours(url: str, books: str, rows: int) -> float:
    """Seconds of a first sync through this package. Link exchanges the token besides, which the clock has too."""
    with Engine.open(books, Plaid("bench-client", "bench-secret", url), token_key=KEY) as engine:
        token = PublicToken(signed_in(url))
        start = time.perf_counter()
        run = engine.link("bench", token).first_sync.run
        took = time.perf_counter() - start
        assert run is not None and run.counts.added == rows, run
        engine.forget_user("bench")
    return took


def fresh(books: str) -> sa.Engine:
    """A database with empty tables."""
    engine = sa.create_engine(books)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    return engine


def upsert(engine: sa.Engine) -> Any:
    """The database's own insert-or-update."""
    insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert(Row)
    changed = {column.name: insert.excluded[column.name] for column in Row.__table__.columns if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=["id"], set_=changed)


def typed(url: str, books: str, rows: int) -> float:
    """Plaid's client as documented, and the ORM's bulk upsert."""
    configuration = plaid.Configuration(host=url, api_key={"clientId": "bench-client", "secret": "bench-secret"})
    client = plaid_api.PlaidApi(plaid.ApiClient(configuration))
    access = ask(url, "/item/public_token/exchange", {"public_token": signed_in(url)})["access_token"]
    engine = fresh(books)
    start = time.perf_counter()
    cursor, more, seen = "", True, 0
    while more:
        page = client.transactions_sync(TransactionsSyncRequest(access_token=access, cursor=cursor, count=PAGE))
        values = [
            {
                "id": it.transaction_id,
                "account_id": it.account_id,
                "amount": Decimal(str(it.amount)),
                "currency": it.iso_currency_code,
                "date": it.date.isoformat(),
                "authorized_date": it.authorized_date and it.authorized_date.isoformat(),
                "name": it.name,
                "merchant_name": it.merchant_name,
                "category": it.personal_finance_category and it.personal_finance_category.detailed,
                "pending": it.pending,
                "raw": json.dumps(it.to_dict(), default=str),
            }
            for it in page.added
        ]
        if values:
            with Session(engine) as session, session.begin():
                session.execute(upsert(engine), values)
        seen += len(values)
        cursor, more = page.next_cursor, page.has_more
    took = time.perf_counter() - start
    assert seen == rows, seen
    return took


def fastest(url: str, books: str, rows: int) -> float:
    """The client with its type checks off, and `executemany`."""
    configuration = plaid.Configuration(host=url, api_key={"clientId": "bench-client", "secret": "bench-secret"})
    client = plaid_api.PlaidApi(plaid.ApiClient(configuration))
    access = ask(url, "/item/public_token/exchange", {"public_token": signed_in(url)})["access_token"]
    engine = fresh(books)
    statement = upsert(engine)
    start = time.perf_counter()
    cursor, more, seen = "", True, 0
    while more:
        request = TransactionsSyncRequest(access_token=access, cursor=cursor, count=PAGE)
        answer = client.transactions_sync(request, _check_return_type=False, _preload_content=False)
        page = json.loads(answer.data, parse_float=Decimal)
        values = [
            {
                "id": it["transaction_id"],
                "account_id": it["account_id"],
                "amount": Decimal(it["amount"]),
                "currency": it["iso_currency_code"],
                "date": it["date"],
                "authorized_date": it["authorized_date"],
                "name": it["name"],
                "merchant_name": it["merchant_name"],
                "category": (it["personal_finance_category"] or {}).get("detailed"),
                "pending": it["pending"],
                "raw": json.dumps(it, default=str),
            }
            for it in page["added"]
        ]
        if values:
            with engine.begin() as connection:
                connection.execute(statement, values)
        seen += len(values)
        cursor, more = page["next_cursor"], page["has_more"]
    took = time.perf_counter() - start
    assert seen == rows, seen
    return took


def main() -> None:
    """Prints both sides and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", help="an empty database, such as postgres://user@host/database")
    parser.add_argument("--simulator", default="../../target/release/plaid-simulator")
    arguments = parser.parse_args()
    stores = {"SQLite": ("sqlite:{}", "sqlite:///{}")}
    if arguments.postgres:
        url = arguments.postgres
        stores["PostgreSQL"] = (url, url.replace("postgres://", "postgresql+psycopg://"))
    for store, (our_books, their_books) in stores.items():
        took: dict[str, list[float]] = {"ours": [], "typed": [], "fastest": []}
        for number in range(arguments.rounds):
            ways: dict[str, tuple[Callable[[str, str, int], float], str]] = {
                "ours": (ours, our_books),
                "typed": (typed, their_books),
                "fastest": (fastest, their_books),
            }
            for name, (way, books) in ways.items():
                if name == "typed" and number > 0:
                    continue
                with tempfile.TemporaryDirectory() as folder, simulator(arguments.rows, arguments.simulator) as url:
                    address = books.format(Path(folder) / "books.db") if store == "SQLite" else books
                    took[name].append(way(url, address, arguments.rows))
        median = {name: statistics.median(seconds) for name, seconds in took.items()}
        print(f"{store}, {arguments.rows:,} transactions, median of {arguments.rounds} rounds")
        print(f"    through this package                         {median['ours']:8.2f} s")
        for name, what in (("typed", "Plaid's client as documented, ORM upsert"), ("fastest", "its checks off, executemany")):
            ratio = median[name] / median["ours"]
            print(f"    {what:<44} {median[name]:8.2f} s   {ratio:6.1f} times as long")


if __name__ == "__main__":
    os.environ.setdefault("NO_PROXY", "127.0.0.1")
    main()
