"""How often the classifiers are right on real card purchases: those of a city, whose accountants gave each an expense code.

    python purchases.py folder/birmingham/purchase_cards_2015_2016.csv.gz

The file has a line a purchase, with columns `date`, `merchant` (the card network's text) and `category`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from pathlib import Path

from classifier import Labelled
from embedder import Embeddings
from evaluate import print_comparison


def purchases(file: Path, since: str = "") -> list[Labelled]:
    """The purchases from a day on, such as `2016-08-01`, newest first, as somebody would have labelled them."""
    with gzip.open(file, "rt", newline="", encoding="utf-8") as text:
        rows = [(row["date"], row["merchant"], row["category"]) for row in csv.DictReader(text) if row["date"] >= since]
    rows.sort(key=lambda row: row[0], reverse=True)
    return [Labelled(" ".join(merchant.lower().split()), category) for _, merchant, category in rows]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the purchases")
    parser.add_argument("--since", default="", help="leaves out earlier days, such as 2016-08-01")
    parser.add_argument("--held-back", type=float, default=0.2, help="which part is held back")
    parser.add_argument("--vectors", type=Path, default=Path("vectors.db"), help="where embeddings are kept")
    arguments = parser.parse_args()
    print_comparison(purchases(arguments.file, arguments.since), Embeddings(arguments.vectors), arguments.held_back)


if __name__ == "__main__":
    main()
