"""Categories from what the user has labelled: the nearest labelled merchants, and an n-gram baseline beside it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from embedder import Embeddings, Vectors


@dataclass(frozen=True)
class Labelled:
    """A text whose category the user has said."""

    text: str
    category: str


@dataclass(frozen=True)
class Guess:
    """A category, and how sure it is in whole points from 0 to 100."""

    category: str
    confidence: int


class Classifier(Protocol):
    """Whatever learns from labelled texts and guesses."""

    name: str
    """What the books say as the source of its categories."""

    def learn(self, labelled: Sequence[Labelled], *, progress: bool = False) -> None:
        """Learns anew from these."""

    def guess(self, texts: Sequence[str], *, progress: bool = False) -> list[Guess | None]:
        """A guess for each text, `None` where nothing labelled is near."""
        ...


def _vote(similarity: Vectors, categories: list[Counter[str]], neighbours: int, least: float) -> Guess | None:
    """What the nearest texts say, the nearer the louder."""
    nearest = np.argsort(-similarity, kind="stable")[:neighbours]
    votes: dict[str, float] = defaultdict(float)
    for place in nearest:
        if similarity[place] < least:
            continue
        counts = categories[place]
        for category, count in counts.items():
            votes[category] += float(similarity[place]) ** 8 * count / counts.total()
    if not votes:
        return None
    category = max(votes, key=lambda it: (votes[it], it))
    share = votes[category] / sum(votes.values())
    return Guess(category, round(100 * share * float(similarity[nearest[0]])))


class _Nearest:
    """Nearest neighbours over vectors of texts; what the vectors are is the difference between the two."""

    name = ""

    def __init__(self, neighbours: int, least: float) -> None:
        self._neighbours, self._least = neighbours, least
        self._categories: list[Counter[str]] = []

    def learn(self, labelled: Sequence[Labelled], *, progress: bool = False) -> None:
        """Learns anew from these."""
        by_text: dict[str, Counter[str]] = defaultdict(Counter)
        for it in labelled:
            by_text[it.text][it.category] += 1
        self._categories = list(by_text.values())
        if by_text:
            self._fit(list(by_text), progress)

    def guess(self, texts: Sequence[str], *, progress: bool = False) -> list[Guess | None]:
        """A guess for each text, `None` where nothing labelled is near."""
        if not self._categories:
            return [None] * len(texts)
        distinct = sorted(set(texts))
        guesses: dict[str, Guess | None] = {}
        for start in range(0, len(distinct), 256):
            some = distinct[start : start + 256]
            for text, similarity in zip(some, self._similarities(some, progress), strict=True):
                guesses[text] = _vote(similarity, self._categories, self._neighbours, self._least)
        return [guesses[text] for text in texts]

    def _fit(self, texts: list[str], progress: bool) -> None:
        raise NotImplementedError

    def _similarities(self, texts: list[str], progress: bool) -> Vectors:
        raise NotImplementedError


class NearestMerchants(_Nearest):
    """The labelled merchants whose names mean the most alike."""

    name = "nearest-merchants"

    def __init__(self, embeddings: Embeddings, neighbours: int = 5, least: float = 0.45) -> None:
        """Looks at so many neighbours, none of them less alike than `least` (0 to 1)."""
        super().__init__(neighbours, least)
        self._embeddings = embeddings
        self._vectors: Vectors = np.zeros((0, 0), np.float32)

    def _fit(self, texts: list[str], progress: bool) -> None:
        self._vectors = self._stacked(texts, progress)

    def _similarities(self, texts: list[str], progress: bool) -> Vectors:
        result: Vectors = self._stacked(texts, progress) @ self._vectors.T
        return result

    def _stacked(self, texts: list[str], progress: bool) -> Vectors:
        vectors = self._embeddings.of(texts, progress=progress)
        return np.stack([vectors[text] for text in texts])


class NGrams(_Nearest):
    """The baseline: labelled texts that share the most character n-grams."""

    name = "n-grams"

    def __init__(self, neighbours: int = 5, least: float = 0.2) -> None:
        """Looks at so many neighbours, none of them less alike than `least` (0 to 1)."""
        super().__init__(neighbours, least)
        self._words = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)

    def _fit(self, texts: list[str], progress: bool) -> None:
        self._matrix = self._words.fit_transform(texts)

    def _similarities(self, texts: list[str], progress: bool) -> Vectors:
        result: Vectors = (self._words.transform(texts) @ self._matrix.T).toarray().astype(np.float32)
        return result
