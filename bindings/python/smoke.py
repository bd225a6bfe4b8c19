"""What must work wherever the package is installed: run from outside this folder, with nothing installed but the package."""

import asyncio
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import finance_tracker as ft
from finance_tracker.errors import FinanceTrackerError

installed = Path(ft.__file__)
assert "site-packages" in installed.parts, f"this is not the installed package: {installed}"
assert (installed.parent / "py.typed").is_file() and (installed.parent / "_engine.pyi").is_file()

with tempfile.TemporaryDirectory() as folder:
    for url in ["memory:", f"sqlite:{Path(folder) / 'books.db'}"]:
        with ft.Engine.open(url) as engine:
            account = engine.create_manual_account("anna", "Cash", "checking", "EUR")
            engine.add_transaction("anna", account.id, date(2026, 1, 5), Decimal("-3.20"), "Coffee")
            engine.import_file("anna", account.id, b"Date,Description,Amount\n2026-01-06,Wages,2500.00\n")
            assert [row.amount.amount for row in engine.transactions("anna")] == [Decimal("2500.00"), Decimal("-3.20")]
            assert engine.transactions_arrow("anna").__arrow_c_stream__() is not None


async def no_server() -> str:
    """A PostgreSQL server that is not there, asked over TLS by a coroutine."""
    try:
        await ft.AsyncEngine.open("postgres://nobody@127.0.0.1:1/books?sslmode=require")
    except FinanceTrackerError as error:
        return type(error).__name__
    return "no error"


assert asyncio.run(no_server()) == "StoreError"
print(f"finance-tracker-engine works: {installed.parent}")
