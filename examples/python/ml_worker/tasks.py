"""The same worker as a Celery task.

    celery -A tasks worker --concurrency 2          # workers
    celery -A tasks beat                            # asks for all users' rows every minute
    python -c "import tasks; tasks.categorise_user.delay('anna')"

`BOOKS_URL` names the books and `CELERY_BROKER_URL` the broker. Each process of Celery's pool opens an engine of its own after it was
forked, and closes it when it ends: the engine's threads do not follow a fork.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import worker_process_shutdown

import worker
from classifier import NearestMerchants
from embedder import Embeddings
from finance_tracker import Engine
from finance_tracker.errors import StoreError

app = Celery("ml_worker", broker=os.environ.get("CELERY_BROKER_URL", "redis://localhost:6379/0"))
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    result_backend=os.environ.get("CELERY_RESULT_BACKEND"),
    beat_schedule={"all users": {"task": "tasks.categorise_user", "schedule": 60.0, "args": (None,)}},
)


class _Open:
    """What a process keeps open from task to task."""

    engine: Engine | None = None
    classifier: NearestMerchants | None = None


def _engine() -> Engine:
    if _Open.engine is None:
        _Open.engine = Engine.open(os.environ["BOOKS_URL"], name=f"celery-{os.getpid()}")
    return _Open.engine


def _classifier() -> NearestMerchants:
    if _Open.classifier is None:
        path = os.environ.get("VECTORS")
        _Open.classifier = NearestMerchants(Embeddings(Path(path) if path else None))
    return _Open.classifier


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def close(**_: Any) -> None:
    """Ends what a process has open."""
    if _Open.engine is not None:
        _Open.engine.close()
        _Open.engine = None


@app.task(autoretry_for=(StoreError,), retry_backoff=True, max_retries=5)  # type: ignore[untyped-decorator]
def categorise_user(user: str | None) -> dict[str, int]:
    """Gives the user's rows categories, or everybody's with `None`, and says how many."""
    done = worker.categorise(_engine(), _classifier(), user)
    return {"claimed": done.claimed, "answered": done.answered}
