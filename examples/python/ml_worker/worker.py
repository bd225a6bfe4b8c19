"""Claims rows that have no category, asks the classifier, and writes category, confidence and source back.

    python worker.py sqlite:books.db --user anna            # until nothing waits
    python worker.py postgres://host/books --forever        # every user's rows, and on

A claim is a lease: a worker that dies holds its rows for some minutes and no longer, and two workers never get the same row.
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from classifier import Classifier, Labelled, NearestMerchants
from embedder import Embeddings
from finance_tracker import AssignedCategory, CategoryAnswer, CategoryQuestion, Engine, Transaction

SURE_ENOUGH = 50
"""Below this confidence a row is left to the user."""


def merchant_text(row: CategoryQuestion | Transaction) -> str:
    """What is looked at: the merchant where the bank's provider knows it, else the bank's text."""
    text = row.text if isinstance(row, CategoryQuestion) else row.description
    return " ".join((row.merchant_name or text).lower().split())


def transactions(engine: Engine, user: str) -> Iterator[Transaction]:
    """Every transaction of the user that counts, newest first."""
    after = None
    while page := engine.transactions(user, limit=1_000, after=after, rows="with_hidden"):
        yield from page
        after = (page[-1].date, page[-1].id)


def labelled(engine: Engine, user: str) -> list[Labelled]:
    """What the user has said themselves; a model never learns from a model."""
    return [
        Labelled(merchant_text(row), row.edits.category)
        for row in transactions(engine, user)
        if row.edits.category is not None
    ]


@dataclass
class Done:
    """What a worker did."""

    claimed: int = 0
    answered: int = 0


def categorise(
    engine: Engine,
    classifier: Classifier,
    user: str | None = None,
    *,
    batch: int = 500,
    stop: threading.Event | None = None,
    progress: bool = False,
) -> Done:
    """Works until no row of the user waits, or of nobody when none is named. Each user's rows are judged by that user's labels."""
    done = Done()
    learnt: str | None = None
    with tqdm(desc="categorising", unit="row", disable=not progress) as bar:
        while stop is None or not stop.is_set():
            claim = engine.claim_uncategorised(user, limit=batch)
            if claim is None:
                break
            try:
                answers: list[CategoryAnswer] = []
                for owner in sorted({question.user for question in claim.questions}):
                    questions = [question for question in claim.questions if question.user == owner]
                    if owner != learnt:
                        classifier.learn(labelled(engine, owner))
                        learnt = owner
                    guesses = classifier.guess([merchant_text(question) for question in questions])
                    answers += [
                        CategoryAnswer(
                            question.transaction,
                            AssignedCategory(guess.category, classifier.name, guess.confidence),
                        )
                        for question, guess in zip(questions, guesses, strict=True)
                        if guess is not None and guess.confidence >= SURE_ENOUGH
                    ]
            except BaseException:
                engine.release_categories(user, claim.id)
                raise
            done.claimed += len(claim.questions)
            done.answered += engine.apply_categories(user, claim.id, answers)
            bar.update(len(claim.questions))
    return done


def main() -> None:
    """The plain loop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", help="where the books are, such as sqlite:books.db")
    parser.add_argument("--user", help="whose rows; everybody's unless given")
    parser.add_argument("--vectors", type=Path, default=Path("vectors.db"), help="where embeddings are kept")
    parser.add_argument("--forever", action="store_true", help="waits for new rows when none is left")
    parser.add_argument("--every", type=float, default=10, help="seconds between two looks")
    arguments = parser.parse_args()

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    embeddings = Embeddings(arguments.vectors)
    classifier = NearestMerchants(embeddings)
    with Engine.open(arguments.books, name="ml-worker") as engine:
        while True:
            done = categorise(engine, classifier, arguments.user, stop=stop, progress=True)
            print(f"{done.answered} of {done.claimed} rows have a category now")
            if not arguments.forever or stop.wait(arguments.every):
                break
    embeddings.close()


if __name__ == "__main__":
    main()
