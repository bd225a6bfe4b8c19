"""A categoriser that is written in Python: what it answers stands in the books, and what it raises fails no sync."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

import finance_tracker as ft
from finance_tracker.errors import InvalidInputError, StoreError
from finance_tracker.protocols import Categorizer

from paper_bank import PaperProvider, account, row

USER = "anna"
KNOWN = {"ROW coffee": "Cafés", "ROW rent": "Home"}


class Table:
    """Knows some texts, with a plain method."""

    name = "table"

    def __init__(self) -> None:
        self.asked: list[ft.CategoryQuestion] = []

    def categorize(self, batch: Sequence[ft.CategoryQuestion], /) -> list[ft.AssignedCategory | None]:
        self.asked += batch
        return [
            ft.AssignedCategory(KNOWN[question.text], self.name, 90) if question.text in KNOWN else None
            for question in batch
        ]


class AsyncTable(Table):
    """Knows the same, with a coroutine."""

    async def categorize(  # type: ignore[override]
        self, batch: Sequence[ft.CategoryQuestion], /
    ) -> list[ft.AssignedCategory | None]:
        await asyncio.sleep(0)
        return super().categorize(batch)


def bank_with_rows() -> tuple[PaperProvider, ft.PublicToken]:
    bank = PaperProvider()
    rows = [row("coffee", "a", "-4.50"), row("rent", "a", "-900.00"), row("odd", "a", "12.00")]
    return bank, bank.sign_in([account("a")], rows)


def categories(rows: Sequence[ft.Transaction]) -> dict[str, tuple[str | None, str | None]]:
    return {row.description: (row.category, row.category_source) for row in rows}


EXPECTED = {"ROW coffee": ("Cafés", "table"), "ROW rent": ("Home", "table"), "ROW odd": (None, None)}


@pytest.mark.parametrize("table", [Table(), AsyncTable()], ids=["plain", "coroutine"])
def test_rows_get_their_categories_after_a_sync(table: Table) -> None:
    bank, token = bank_with_rows()
    with ft.Engine.open("memory:", bank) as engine:
        engine.with_categorizer(table).link(USER, token)
        assert categories(engine.transactions(USER)) == EXPECTED
    question = next(question for question in table.asked if question.text == "ROW coffee")
    assert (question.user, question.amount) == (USER, ft.Money(Decimal("-4.50"), "USD"))
    assert (question.direction, question.account_kind) == ("out", "checking")


async def test_a_coroutine_is_asked_on_the_loop() -> None:
    bank, token = bank_with_rows()
    loops: list[object] = []

    class Model(Table):
        async def categorize(  # type: ignore[override]
            self, batch: Sequence[ft.CategoryQuestion], /
        ) -> list[ft.AssignedCategory | None]:
            loops.append(asyncio.get_running_loop())
            return super().categorize(batch)

    async with await ft.AsyncEngine.open("memory:", bank) as engine:
        await engine.with_categorizer(Model()).link(USER, token)
        assert categories(await engine.transactions(USER)) == EXPECTED
    assert loops == [asyncio.get_running_loop()]


class Failing(Table):
    def categorize(self, batch: Sequence[ft.CategoryQuestion], /) -> list[ft.AssignedCategory | None]:
        raise RuntimeError("the model is not loaded")


class TooFew(Table):
    def categorize(self, batch: Sequence[ft.CategoryQuestion], /) -> list[ft.AssignedCategory | None]:
        return super().categorize(batch)[1:]


class Nonsense(Table):
    def categorize(self, batch: Sequence[ft.CategoryQuestion], /) -> Any:
        return ["a category"] * len(batch)


class TooSure(Table):
    def categorize(self, batch: Sequence[ft.CategoryQuestion], /) -> list[ft.AssignedCategory | None]:
        return [ft.AssignedCategory("Home", self.name, 101) for _ in batch]


class Pretender(Table):
    name = "user"

    def categorize(self, batch: Sequence[ft.CategoryQuestion], /) -> list[ft.AssignedCategory | None]:
        return [ft.AssignedCategory("Home", self.name) for _ in batch]


@pytest.mark.parametrize(
    ("broken", "reason", "cause", "says"),
    [
        (Failing(), "unavailable", RuntimeError, "the model is not loaded"),
        (TooFew(), "invalid_answer", type(None), "2 answers came to 3 questions"),
        (Nonsense(), "invalid_answer", TypeError, "cannot be used"),
        (TooSure(), "invalid_answer", type(None), "cannot be kept: a confidence is 0 to 100, not 101"),
        (Pretender(), "invalid_answer", type(None), "cannot be kept: the source `user` is not a categoriser's"),
    ],
    ids=lambda it: type(it).__name__,
)
def test_a_categorizer_that_fails_fails_no_sync(
    broken: Categorizer, reason: str, cause: type[BaseException], says: str
) -> None:
    bank, token = bank_with_rows()
    with ft.Engine.open("memory:", bank) as engine:
        linked = engine.with_categorizer(broken).link(USER, token)
        assert linked.first_sync.error is None
        assert set(categories(engine.transactions(USER)).values()) == {(None, None)}

        report = engine.with_categorizer(broken).categorize_now(USER)
        assert report.error is not None and report.error.reason == reason
        assert isinstance(report.error.__cause__, cause) and says in str(report.error)
        assert (report.by_categorizer, report.backlog.passed_on) == (0, 3)

        report = engine.with_categorizer(Table()).categorize_now(USER)
        assert (report.by_categorizer, report.unanswered, report.error) == (2, 1, None)
        assert categories(engine.transactions(USER)) == EXPECTED


def test_what_a_categorizer_raises_is_the_cause() -> None:
    original = RuntimeError("the model is not loaded")

    class Broken(Table):
        async def categorize(  # type: ignore[override]
            self, batch: Sequence[ft.CategoryQuestion], /
        ) -> list[ft.AssignedCategory | None]:
            raise original

    bank, token = bank_with_rows()
    with ft.Engine.open("memory:", bank) as engine:
        engine.link(USER, token)
        report = engine.with_categorizer(Broken()).categorize_now(USER)
    assert report.error is not None and report.error.__cause__ is original
    assert "not loaded" in repr(report)


def test_rules_come_before_the_categorizer() -> None:
    bank, token = bank_with_rows()
    table = Table()
    rules = [
        ft.CategoryRule("Income", at_least=ft.Money(Decimal("10.00"), "USD"), direction="in"),
        ft.CategoryRule("Coffee", text_contains="coffee", account_kind="checking"),
    ]
    with ft.Engine.open("memory:", bank) as engine:
        engine.set_category_rules(USER, rules)
        assert engine.category_rules(USER) == tuple(rules)
        engine.with_categorizer(table).link(USER, token)
        assert categories(engine.transactions(USER)) == {
            "ROW coffee": ("Coffee", "rule"),
            "ROW odd": ("Income", "rule"),
            "ROW rent": ("Home", "table"),
        }
        with pytest.raises(InvalidInputError):
            engine.set_category_rules(USER, [ft.CategoryRule("Everything")])
    assert [question.text for question in table.asked] == ["ROW rent"]


@pytest.mark.parametrize("user", [USER, None])
def test_a_worker_of_the_hosts_claims_rows_and_answers(user: str | None) -> None:
    bank, token = bank_with_rows()
    with ft.Engine.open("memory:", bank) as engine:
        engine.link(USER, token)
        claim = engine.claim_uncategorised(user, limit=2)
        assert claim is not None and len(claim.questions) == 2
        again = engine.claim_uncategorised(user, limit=2)
        assert again is not None and len(again.questions) == 1, "no row is in two claims"
        engine.release_categories(user, again.id)

        assigned = ft.AssignedCategory("Mine", "worker", 70)
        answers = [ft.CategoryAnswer(claim.questions[0].transaction, assigned)]
        assert engine.apply_categories(user, claim.id, answers) == 1
        row = engine.transaction(USER, claim.questions[0].transaction)
        assert (row.category, row.category_source, row.category_confidence) == ("Mine", "worker", 70)
        with pytest.raises(StoreError) as refused:
            engine.apply_categories(user, claim.id, answers)
        assert refused.value.reason == "conflict"
        assert engine.category_backlog(USER).passed_on == 1


async def test_a_worker_of_the_hosts_claims_rows_with_asyncio() -> None:
    bank, token = bank_with_rows()
    async with await ft.AsyncEngine.open("memory:", bank) as engine:
        await engine.link(USER, token)
        claim = await engine.claim_uncategorised(USER)
        assert claim is not None
        texts = {question.text for question in claim.questions}
        assert texts == set(EXPECTED)
        assert await engine.apply_categories(USER, claim.id, []) == 0
        assert await engine.claim_uncategorised(USER) is None
