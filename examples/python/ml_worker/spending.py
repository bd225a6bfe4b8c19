"""A picture of the user's spending by category and month.

    python spending.py sqlite:books.db --user anna --currency EUR --picture spending.png
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from finance_tracker import Engine, Transaction
from worker import transactions

Spending: TypeAlias = dict[str, dict[str, Decimal]]


def spending(rows: Iterable[Transaction], currency: str) -> Spending:
    """What went out, by category and month (`2026-01`), in exact money. Split rows count by their parts; other currencies are left out."""
    sums: Spending = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        if row.amount.currency != currency or row.amount.amount >= 0:
            continue
        month = f"{row.date:%Y-%m}"
        parts = [(part.category or row.category, part.amount) for part in row.edits.parts]
        for category, amount in parts or [(row.category, row.amount.amount)]:
            sums[category or "no category"][month] -= amount
    return {category: dict(months) for category, months in sums.items()}


def draw(sums: Spending, currency: str, picture: Path, most: int = 10) -> None:
    """Stacked bars, one a month; the smallest categories are put together."""
    by_size = sorted(sums, key=lambda category: sum(sums[category].values()), reverse=True)
    shown = {category: sums[category] for category in by_size[:most]}
    if rest := by_size[most:]:
        together: dict[str, Decimal] = defaultdict(Decimal)
        for category in rest:
            for month, amount in sums[category].items():
                together[month] += amount
        shown[f"{len(rest)} others"] = dict(together)
    months = sorted({month for amounts in sums.values() for month in amounts})
    figure, axes = plt.subplots(figsize=(max(8, len(months) * 0.6), 6), layout="constrained")
    bottoms = [0.0] * len(months)
    for category, amounts in shown.items():
        # A picture needs no cents, so floats do here.
        heights = [float(amounts.get(month, Decimal(0))) for month in months]
        axes.bar(months, heights, bottom=bottoms, label=category.replace("_", " ").capitalize())
        bottoms = [bottom + height for bottom, height in zip(bottoms, heights, strict=True)]
    axes.set_ylabel(f"Spending in {currency}")
    axes.tick_params(axis="x", rotation=45)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, dpi=120)
    plt.close(figure)


def main() -> None:
    """Draws the picture and prints the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", help="where the books are, such as sqlite:books.db")
    parser.add_argument("--user", required=True, help="whose spending")
    parser.add_argument("--currency", default="USD", help="which currency; others are left out")
    parser.add_argument("--picture", type=Path, default=Path("spending.png"), help="where to write it")
    arguments = parser.parse_args()
    with Engine.open(arguments.books) as engine:
        sums = spending(transactions(engine, arguments.user), arguments.currency)
    if not sums:
        raise SystemExit(f"there is no spending in {arguments.currency}")
    for category in sorted(sums, key=lambda it: -sum(sums[it].values())):
        print(f"{sum(sums[category].values()):>14,} {arguments.currency}  {category}")
    draw(sums, arguments.currency, arguments.picture)
    print(f"The picture is {arguments.picture}.")


if __name__ == "__main__":
    main()
