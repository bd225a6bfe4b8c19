"""The words that are typed as literals are the engine's own."""

from __future__ import annotations

from typing import get_args

from finance_tracker import choices, words


def test_every_set_of_words_is_the_engines() -> None:
    typed = {name: list(get_args(getattr(choices, name))) for name in choices.__all__}
    assert typed == words()
