"""An engine for asyncio that is asked as one that waits, so that each step is written once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, cast

import finance_tracker as ft


class EventLoop:
    """An event loop that runs in a thread of its own until it is closed."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Runs a coroutine to its end, from any other thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    @contextmanager
    def open(self, url: str, **options: Any) -> Iterator[ft.Engine]:
        """Opens an `AsyncEngine` that is asked as an `Engine`."""
        engine = self.run(ft.AsyncEngine.open(url, **options))
        try:
            yield cast(ft.Engine, AskedByWaiting(self, engine))
        finally:
            self.run(engine.close())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class AskedByWaiting:
    """An `AsyncEngine`, or a stream of one: every coroutine that it gives runs to its end on the event loop."""

    def __init__(self, event_loop: EventLoop, of: Any) -> None:
        self._event_loop = event_loop
        self._of = of

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._of, name)
        return lambda *arguments, **named: self._answer(method(*arguments, **named))

    def __iter__(self) -> AskedByWaiting:
        return self

    def __next__(self) -> Any:
        try:
            return self._event_loop.run(self._of.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def _answer(self, answer: Any) -> Any:
        if asyncio.iscoroutine(answer):
            answer = self._event_loop.run(answer)
        if isinstance(answer, (ft.AsyncEngine, ft.AsyncEvents, ft.AsyncExport)):
            return AskedByWaiting(self._event_loop, answer)
        return answer
