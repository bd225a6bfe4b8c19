"""The worker on books of a user who labelled some merchants: by itself, and as a Celery task with a real broker."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

import evaluate
import purchases
import spending
import worker
from classifier import Guess, Labelled, NearestMerchants, NGrams
from embedder import Embeddings, MiniLm
from finance_tracker import AssignedCategory, CategoryAnswer, Engine

HERE = Path(__file__).parent
USER = "anna"
LABELLED = {
    "Blue Bottle Coffee": "coffee",
    "Espresso House": "coffee",
    "City Coffee Roasters": "coffee",
    "Shell Petrol Station": "fuel",
    "Esso Gas Station": "fuel",
    "Total Petrol": "fuel",
    "Fresh Grocery Market": "groceries",
    "Organic Supermarket": "groceries",
    "Corner Grocery Store": "groceries",
}
LIKE_THEM = {"Espresso Bar Roma": "coffee", "BP Petrol Station": "fuel", "Downtown Grocery Market": "groceries"}


def books(url: str) -> None:
    """An account on which each labelled merchant comes twice, and merchants like them once.

    The engine itself remembers what the user said of a merchant, so that only the others are left to a model.
    """
    with Engine.open(url) as engine:
        account = engine.create_manual_account(USER, "Card", "checking", "EUR")
        lines = ["Date,Description,Amount"]
        merchants = [*LABELLED, *LABELLED, *LIKE_THEM]
        lines += [f"2026-0{1 + place % 3}-{1 + place:02},{name},-{place + 1}.50" for place, name in enumerate(merchants)]
        report = engine.import_file(USER, account.id, "\n".join(lines).encode())
        for row, (name, label) in zip(report.rows, LABELLED.items(), strict=False):
            assert row.description == name and row.transaction is not None
            engine.edit_transaction(USER, row.transaction, category=label)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of such books."""
    address = f"sqlite:{tmp_path / 'books.db'}"
    books(address)
    return address


@pytest.fixture(scope="session")
def embeddings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embeddings]:
    """Vectors that all tests share."""
    embeddings = Embeddings(tmp_path_factory.mktemp("vectors") / "vectors.db")
    yield embeddings
    embeddings.close()


def assigned(engine: Engine) -> dict[str, str | None]:
    """Each merchant's category in the books, where a user has not said it."""
    rows = [row for row in worker.transactions(engine, USER) if row.category_source != "user"]
    return {row.description: row.category for row in rows}


def test_alike_texts_have_alike_vectors() -> None:
    vectors = MiniLm().embed(["a man is eating food", "a man is eating a piece of bread", "the girl is carrying a baby"])
    assert vectors.shape == (3, 384)
    alike, apart = float(vectors[0] @ vectors[1]), float(vectors[0] @ vectors[2])
    assert alike > 0.6 > 0.2 > apart


def test_a_text_is_embedded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded: list[str] = []
    embed = MiniLm.embed

    def counted(self: MiniLm, texts: list[str]) -> object:
        embedded.extend(texts)
        return embed(self, texts)

    monkeypatch.setattr(MiniLm, "embed", counted)
    for _ in range(2):
        embeddings = Embeddings(tmp_path / "vectors.db")
        assert set(embeddings.of(["tea", "tea", "coffee"])) == {"tea", "coffee"}
        embeddings.close()
    assert sorted(embedded) == ["coffee", "tea"]


def test_every_merchant_gets_the_category_of_those_it_is_like(url: str, embeddings: Embeddings) -> None:
    with Engine.open(url) as engine:
        done = worker.categorise(engine, NearestMerchants(embeddings), USER, batch=7)
        assert done.claimed == done.answered == len(LIKE_THEM)
        assert assigned(engine) == LABELLED | LIKE_THEM
        sources = {row.category_source for row in worker.transactions(engine, USER)}
        assert sources == {"user", "memory", "nearest-merchants"}
        assert worker.categorise(engine, NearestMerchants(embeddings), USER).claimed == 0


def test_nothing_labelled_means_no_guess(embeddings: Embeddings) -> None:
    for classifier in (NGrams(), NearestMerchants(embeddings)):
        classifier.learn([])
        assert classifier.guess(["coffee"]) == [None]


def test_rows_of_a_worker_that_fails_are_given_back(url: str) -> None:
    class Broken(NGrams):
        def guess(self, texts: Sequence[str], *, progress: bool = False) -> list[Guess | None]:
            raise RuntimeError("the model is gone")

    with Engine.open(url) as engine:
        waiting = engine.category_backlog(USER)
        with pytest.raises(RuntimeError):
            worker.categorise(engine, Broken(), USER)
        after = engine.category_backlog(USER)
        assert sum((after.fresh, after.passed_on)) == sum((waiting.fresh, waiting.passed_on)) > 0


def test_the_users_word_wins_over_the_models(url: str, embeddings: Embeddings) -> None:
    with Engine.open(url) as engine:
        claim = engine.claim_uncategorised(USER)
        assert claim is not None
        row = claim.questions[0].transaction
        engine.edit_transaction(USER, row, category="mine")
        engine.apply_categories(USER, claim.id, [CategoryAnswer(row, AssignedCategory("theirs", "model", 99))])
        assert engine.transaction(USER, row).category == "mine"


def test_accuracy_is_of_rows_held_back(embeddings: Embeddings) -> None:
    labels = [Labelled(name.lower(), label) for name, label in (LIKE_THEM | LABELLED).items()]
    common, n_grams, nearest = evaluate.compare(labels, embeddings, 3 / len(labels), progress=False)
    assert nearest.rows == nearest.unseen_rows == 3 and nearest.right == 3
    assert common.right == 1 and n_grams.rows == 3


@pytest.mark.skipif("FINANCE_DATA" not in os.environ, reason="FINANCE_DATA names no folder of real bank rows")
@pytest.mark.timeout(1200)
def test_real_purchases_are_guessed_far_better_than_by_the_commonest_category(embeddings: Embeddings) -> None:
    file = Path(os.environ["FINANCE_DATA"]) / "birmingham" / "purchase_cards_2015_2016.csv.gz"
    labels = purchases.purchases(file, since="2016-11-01")
    common, n_grams, nearest = evaluate.compare(labels, embeddings, 0.2, progress=True)
    print("", evaluate.HEADING, common, n_grams, nearest, sep="\n")
    assert common.rows == n_grams.rows == nearest.rows > 1_000
    assert nearest.right > 2 * common.right and n_grams.right > 2 * common.right
    # The model is worth its weights only while it is not behind what needs none.
    assert nearest.right > 0.95 * n_grams.right


def test_spending_is_exact_and_drawn(url: str, tmp_path: Path) -> None:
    with Engine.open(url) as engine:
        rows = list(worker.transactions(engine, USER))
    sums = spending.spending(rows, "EUR")
    assert sum(sum(months.values()) for months in sums.values()) == -sum(row.amount.amount for row in rows)
    assert isinstance(next(iter(sums["coffee"].values())), Decimal) and set(sums["coffee"]) <= {"2026-01", "2026-02", "2026-03"}
    assert spending.spending(rows, "USD") == {}
    picture = tmp_path / "spending.png"
    spending.draw(sums, "EUR", picture)
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 10_000


def test_the_plain_loop_ends_cleanly_when_it_is_told_to(url: str, tmp_path: Path) -> None:
    arguments = [sys.executable, "worker.py", url, "--forever", "--every", "60", "--vectors", str(tmp_path / "v.db")]
    with subprocess.Popen(arguments, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"{len(LIKE_THEM)} of {len(LIKE_THEM)} ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def test_a_celery_task_runs_eagerly(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_URL", url)
    import tasks

    tasks.app.conf.task_always_eager = True
    try:
        assert tasks.categorise_user.delay(USER).get()["answered"] == len(LIKE_THEM)
    finally:
        tasks.app.conf.task_always_eager = False
        tasks.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """A Redis server of the test's own."""
    program = shutil.which("redis-server")
    assert program is not None, "apt-get install redis-server"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as process:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
        process.terminate()


def test_celery_workers_share_the_rows_over_a_real_broker(url: str, broker: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "BOOKS_URL": url,
        "CELERY_BROKER_URL": broker,
        "CELERY_RESULT_BACKEND": broker,
        "VECTORS": str(tmp_path / "vectors.db"),
    }
    arguments = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "--concurrency", "2", "--loglevel", "warning"]
    with subprocess.Popen(arguments, cwd=HERE, env=environment) as process:
        try:
            asked = subprocess.run(
                [sys.executable, "-c", f"import json, tasks; print(json.dumps([it.get(timeout=100) for it in [tasks.categorise_user.delay({USER!r}) for _ in range(4)]]))"],
                cwd=HERE,
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            )
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
    claimed = [done["claimed"] for done in json.loads(asked.stdout)]
    assert sum(claimed) == len(LIKE_THEM)
    with Engine.open(url) as engine:
        assert assigned(engine) == LABELLED | LIKE_THEM
