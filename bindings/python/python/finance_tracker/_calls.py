"""Calls from the engine's threads into objects of the host's, whose methods are plain or coroutines."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

__all__ = ["Call", "INSIDE", "Told", "end", "own_loop", "tell"]

INSIDE: ContextVar[int | None] = ContextVar("finance_tracker_inside", default=None)
"""The engine that waits for what runs here."""

Done = Callable[[Any, "BaseException | None"], None]


class Call:
    """One call of a method. `done(answer, error)` hears how it ended, unless it was cancelled before.

    A plain method runs in a thread of its own, so that it may block; a daemon thread, so that it keeps no program alive. A
    coroutine, and whatever else a plain method returns that can be awaited, runs on the event loop.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        engine: int,
        done: Done,
        method: Callable[..., Any],
        arguments: tuple[Any, ...],
    ) -> None:
        self._loop = loop
        self._engine = engine
        self._method = method
        self._arguments = arguments
        # Both are touched by the event loop's thread alone.
        self._task: asyncio.Future[Any] | None = None
        self._cancelled = False
        if inspect.iscoroutinefunction(method):
            # Whoever waits hears that `done` is no more if the loop is closed before.
            loop.call_soon_threadsafe(self._begin, done)
        else:
            threading.Thread(target=self._call, args=(done,), name="finance-tracker call", daemon=True).start()

    def cancel(self) -> None:
        """Cancels what runs on the event loop. A plain method runs to its end, and nobody hears of it."""
        try:
            self._loop.call_soon_threadsafe(self._cancel)
        except RuntimeError:
            pass  # A loop that is closed runs nothing any more.

    def _call(self, done: Done) -> None:
        INSIDE.set(self._engine)
        try:
            answer = self._method(*self._arguments)
            if inspect.isawaitable(answer):
                self._loop.call_soon_threadsafe(self._await, answer, done)
                return
        except BaseException as error:
            done(None, error)
        else:
            done(answer, None)

    def _begin(self, done: Done) -> None:
        if self._cancelled:
            return
        INSIDE.set(self._engine)
        try:
            answer = self._method(*self._arguments)
        except BaseException as error:
            done(None, error)
        else:
            self._await(answer, done)

    def _await(self, answer: Any, done: Done) -> None:
        try:
            self._task = asyncio.ensure_future(answer)
        except BaseException as error:
            done(None, error)
            return
        self._task.add_done_callback(lambda task: self._ended(task, done))
        if self._cancelled:
            self._task.cancel()

    def _cancel(self) -> None:
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Future[Any], done: Done) -> None:
        if task.cancelled():
            # By its loop, which ends, or by itself: whoever asked has cancelled nothing.
            error = RuntimeError("the coroutine was cancelled")
            error.__cause__ = asyncio.CancelledError()
            done(None, error)
        elif task.exception() is not None:
            done(None, task.exception())
        else:
            done(task.result(), None)


class Told:
    """A listener, whose exceptions are reported and stop nothing."""

    def __init__(
        self, listener: Callable[[Any], object], report: Callable[[BaseException, object], None]
    ) -> None:
        self._listener = listener
        self._report = report

    def __call__(self, step: object) -> None:
        try:
            self._listener(step)
        except BaseException as error:
            self._report(error, self._listener)


def tell(engine: int, told: Told, step: object, done: Done) -> None:
    """Tells a listener in a thread of its own, while the engine waits."""

    def run() -> None:
        INSIDE.set(engine)
        told(step)
        done(None, None)

    threading.Thread(target=run, name="finance-tracker listener", daemon=True).start()


_own: tuple[asyncio.AbstractEventLoop, threading.Thread] | None = None
_starting = threading.Lock()


def own_loop() -> asyncio.AbstractEventLoop:
    """The package's own event loop, in a thread of its own: for coroutines of those who have no loop."""
    global _own
    with _starting:
        if _own is None:
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=_run, args=(loop,), name="finance-tracker loop", daemon=True)
            thread.start()
            _own = loop, thread
        return _own[0]


def end(patience: timedelta) -> None:
    """Ends the package's own event loop, whose coroutines are cancelled and waited for."""
    global _own
    with _starting:
        ending, _own = _own, None
    if ending is not None:
        loop, thread = ending
        loop.call_soon_threadsafe(loop.stop)
        thread.join(patience.total_seconds())


def _run(loop: asyncio.AbstractEventLoop) -> None:
    while True:
        try:
            loop.run_forever()
            break
        except BaseException:
            continue  # A coroutine raised SystemExit or KeyboardInterrupt, which whoever asked for it hears of.
    loop.run_until_complete(_cancel_all())
    loop.close()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
