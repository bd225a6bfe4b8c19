"""How often the classifiers are right on labels they have not seen: the last part of the user's labels by time is held back.

    python evaluate.py sqlite:books.db --user anna
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from classifier import Classifier, Labelled, NearestMerchants, NGrams
from embedder import Embeddings
from finance_tracker import Engine
from worker import labelled


@dataclass(frozen=True)
class Accuracy:
    """How often a classifier was right, over all rows held back and over those of merchants it had never seen."""

    name: str
    rows: int
    right: int
    answered: int
    unseen_rows: int
    unseen_right: int

    def __str__(self) -> str:
        """A line of a table."""
        unseen = f"{self.unseen_right / self.unseen_rows:6.1%}" if self.unseen_rows else "     –"
        answered = f"{self.right / self.answered:6.1%}" if self.answered else "     –"
        right = f"{self.right / self.rows:6.1%}" if self.rows else "     –"
        return f"{self.name:<20} {right:>8} {answered:>14} {unseen:>16}"


HEADING = f"{'':<20} {'right':>8} {'when answered':>14} {'unseen merchants':>16}"


def split(labels: Sequence[Labelled], held_back: float) -> tuple[Sequence[Labelled], Sequence[Labelled]]:
    """What is learnt from and what is held back. Labels come newest first; the newest are held back."""
    cut = max(1, round(len(labels) * held_back))
    return labels[cut:], labels[:cut]


def accuracy(
    classifier: Classifier, learn: Sequence[Labelled], held_back: Sequence[Labelled], *, progress: bool = False
) -> Accuracy:
    """Learns from one part and guesses the other."""
    classifier.learn(learn, progress=progress)
    seen = {it.text for it in learn}
    right = answered = unseen = unseen_right = 0
    with tqdm(total=len(held_back), desc=classifier.name, unit="row", disable=not progress) as bar:
        for start in range(0, len(held_back), 512):
            some = held_back[start : start + 512]
            guesses = classifier.guess([it.text for it in some])
            for it, guess in zip(some, guesses, strict=True):
                is_right = guess is not None and guess.category == it.category
                right += is_right
                answered += guess is not None
                unseen += it.text not in seen
                unseen_right += is_right and it.text not in seen
            bar.update(len(some))
    return Accuracy(classifier.name, len(held_back), right, answered, unseen, unseen_right)


def most_common(learn: Sequence[Labelled], held_back: Sequence[Labelled]) -> Accuracy:
    """What somebody gets who always says the commonest category."""
    seen = {it.text for it in learn}
    common = Counter(it.category for it in learn).most_common(1)[0][0] if learn else ""
    right = [it for it in held_back if it.category == common]
    unseen = [it for it in held_back if it.text not in seen]
    unseen_right = [it for it in right if it.text not in seen]
    return Accuracy("most common", len(held_back), len(right), len(held_back), len(unseen), len(unseen_right))


def compare(labels: Sequence[Labelled], embeddings: Embeddings, held_back: float, *, progress: bool) -> list[Accuracy]:
    """All of them on the same rows."""
    learn, rest = split(labels, held_back)
    return [
        most_common(learn, rest),
        accuracy(NGrams(), learn, rest, progress=progress),
        accuracy(NearestMerchants(embeddings), learn, rest, progress=progress),
    ]


def print_comparison(labels: Sequence[Labelled], embeddings: Embeddings, held_back: float) -> None:
    """Prints the table."""
    print(f"{len(labels)} labels, of which the newest {held_back:.0%} are held back")
    print(HEADING)
    for line in compare(labels, embeddings, held_back, progress=True):
        print(line)


def main() -> None:
    """Prints the table of a user's labels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", help="where the books are, such as sqlite:books.db")
    parser.add_argument("--user", required=True, help="whose labels")
    parser.add_argument("--held-back", type=float, default=0.2, help="which part is held back")
    parser.add_argument("--vectors", type=Path, default=Path("vectors.db"), help="where embeddings are kept")
    arguments = parser.parse_args()
    with Engine.open(arguments.books) as engine:
        labels = labelled(engine, arguments.user)
    if len(labels) < 10:
        raise SystemExit(f"{len(labels)} labels are too few to judge by: let the user label 10 rows or more")
    print_comparison(labels, Embeddings(arguments.vectors), arguments.held_back)


if __name__ == "__main__":
    main()
