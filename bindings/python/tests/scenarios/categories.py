"""Categories: the provider's, rules, what is learned from the user, a model that may misbehave, and a worker that pulls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

import finance_tracker as ft
from finance_tracker import errors

from .play import USER, Play, camel_case, refusal
from .steps import Steps, only


class Model:
    """A model that knows categories by the bank's text, or misbehaves."""

    name = "model"

    def __init__(self, behaviour: Any) -> None:
        self.fault = behaviour if isinstance(behaviour, str) else None
        self.known: dict[str, str] = {} if isinstance(behaviour, str) else only(behaviour)[1]

    async def categorize(
        self, batch: Sequence[ft.CategoryQuestion], /
    ) -> list[ft.AssignedCategory | None]:
        if self.fault == "hangs":
            await asyncio.Event().wait()
        if self.fault == "fails":
            raise ConnectionError("the model is down")
        if self.fault == "panics":
            raise AssertionError("a fault of the model")
        categories = (self.known.get(question.text) for question in batch)
        return [None if it is None else ft.AssignedCategory(it, "model", 50) for it in categories]


class Categories(Steps):
    """What is done, and what must be answered."""

    def __init__(self, play: Play) -> None:
        super().__init__(play)
        self._claim: ft.CategoryClaim | None = None
        """What a worker claimed last."""
        self._panics = False

    def shown(self, expected: dict[str, list[str]], /) -> None:
        """The category that rows show, and who gave it."""
        rows = {name: self._row(name) for name in expected}
        shown = {name: [row.category or "", row.category_source or "provider"] for name, row in rows.items()}
        assert shown == expected

    def provider(self, row: str, category: list[str]) -> None:
        """Primary and detailed category and version, as the provider told them."""
        found = self._row(row)
        raw = self.play.engine.transaction_json(USER, found.id)
        assert raw is not None
        told = json.loads(raw)["personal_finance_category"]
        assert [told["primary"], found.provider_category, told["version"]] == category

    def choose(self, row: str, category: str | None) -> None:
        """The user chooses a category, or takes the choice back."""
        self.play.engine.edit_transaction(USER, self.play.first_seen[row], category=category)

    def rules(self, told: list[Any], /) -> None:
        """The user's rules from now on."""
        rules = tuple(rule(**it) for it in told)
        self.play.engine.set_category_rules(USER, rules)
        assert self.play.engine.category_rules(USER) == rules

    def refused_rules(self, told: list[Any], /) -> None:
        before = self.play.engine.category_rules(USER)
        with pytest.raises(errors.InvalidInputError):
            self.play.engine.set_category_rules(USER, [rule(**it) for it in told])
        assert self.play.engine.category_rules(USER) == before

    def model(self, behaviour: Any, /) -> None:
        """From now on the engine has this model."""
        assert behaviour in ("fails", "hangs", "panics") or only(behaviour)[0] == "knows"
        self._panics = behaviour == "panics"
        self.play.engine = self.play.engine.with_categorizer(Model(behaviour))

    def now(
        self,
        by_rules: int = 0,
        by_memory: int = 0,
        by_categorizer: int = 0,
        unanswered: int = 0,
        error: str | None = None,
    ) -> None:
        """Works through what waits."""
        report = self.play.engine.categorize_now(USER)
        expected = (by_rules, by_memory, by_categorizer, unanswered)
        assert (report.by_rules, report.by_memory, report.by_categorizer, report.unanswered) == expected
        if self._panics and error == "Internal":
            # Python knows no panics: whatever a model raises says that it is of no use now.
            error = "Unavailable"
        assert (None if report.error is None else camel_case(report.error.reason)) == error

    def backlog(self, fresh: int, passed_on: int, given_up: int) -> None:
        expected = ft.CategoryBacklog(fresh, passed_on, given_up)
        assert self.play.engine.category_backlog(USER) == expected

    def claim(self, limit: int, asked: list[str]) -> None:
        """A worker claims rows, and is asked about these."""
        self._claim = self.play.engine.claim_uncategorised(USER, limit=limit)
        assert self._claim is not None
        found = [question.transaction for question in self._claim.questions]
        assert found == [self.play.first_seen[row] for row in asked]

    def nothing_to_claim(self) -> None:
        assert self.play.engine.claim_uncategorised(USER, limit=100) is None

    def answer(self, answers: dict[str, str], changed: int) -> None:
        """The worker answers; this many rows change."""
        assert self._answer(answers) == changed

    def refused_answer(self, answers: dict[str, str], error: str) -> None:
        assert refusal(lambda: self._answer(answers)) == error

    def release(self) -> None:
        """The worker gives up."""
        assert self._claim is not None
        self.play.engine.release_categories(USER, self._claim.id)

    def _row(self, name: str) -> ft.Transaction:
        return self.play.engine.transaction(USER, self.play.first_seen[name])

    def _answer(self, answers: dict[str, str]) -> int:
        assert self._claim is not None
        given = [
            ft.CategoryAnswer(self.play.first_seen[row], ft.AssignedCategory(category, "worker"))
            for row, category in answers.items()
        ]
        return self.play.engine.apply_categories(USER, self._claim.id, given)


def rule(at_least: Any = None, at_most: Any = None, **plain: Any) -> ft.CategoryRule:
    """A rule as a scenario tells it."""
    return ft.CategoryRule(at_least=at_least and money(**at_least), at_most=at_most and money(**at_most), **plain)


def money(amount: str, currency: str) -> ft.Money:
    return ft.Money(Decimal(amount), currency)
