"""Calls from the engine's threads into objects of the host's, whose methods are plain or coroutines."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Call", "end", "own_loop"]


class Call:
    """One call of a method. `done(answer, error)` hears how it ended, unless it was cancelled before.

    A plain method runs in a thread of its own, so that it may block; a daemon thread, so that it keeps no program alive. A
    coroutine, and whatever else a plain method returns that can be awaited, runs on the event loop.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        done: Callable[[Any, BaseException | None], None],
        method: Callable[..., Any],
        arguments: tuple[Any, ...],
    ) -> None:
        self._loop = loop
        self._done = done
        self._method = method
        self._arguments = arguments
        # Both are touched by the event loop's thread alone.
        self._task: asyncio.Future[Any] | None = None
        self._cancelled = False
        if inspect.iscoroutinefunction(method):
            loop.call_soon_threadsafe(self._begin)
        else:
            threading.Thread(target=self._call, name="finance-tracker call", daemon=True).start()

    def cancel(self) -> None:
        """Cancels what runs on the event loop. A plain method runs to its end, and nobody hears of it."""
        try:
            self._loop.call_soon_threadsafe(self._cancel)
        except RuntimeError:
            pass  # A loop that is closed runs nothing any more.

    def _call(self) -> None:
        try:
            answer = self._method(*self._arguments)
            if inspect.isawaitable(answer):
                self._loop.call_soon_threadsafe(self._await, answer)
                return
        except BaseException as error:
            self._done(None, error)
        else:
            self._done(answer, None)

    def _begin(self) -> None:
        if self._cancelled:
            return
        try:
            answer = self._method(*self._arguments)
        except BaseException as error:
            self._done(None, error)
        else:
            self._await(answer)

    def _await(self, answer: Any) -> None:
        try:
            self._task = asyncio.ensure_future(answer)
        except BaseException as error:
            self._done(None, error)
            return
        self._task.add_done_callback(self._ended)
        if self._cancelled:
            self._task.cancel()

    def _cancel(self) -> None:
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Future[Any]) -> None:
        if task.cancelled():
            self._done(None, asyncio.CancelledError())
        elif task.exception() is not None:
            self._done(None, task.exception())
        else:
            self._done(task.result(), None)


_own: tuple[asyncio.AbstractEventLoop, threading.Thread] | None = None
_starting = threading.Lock()
# How long the exit of the program waits for coroutines that were cancelled.
_END_MAX_SECONDS = 5


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


def end() -> None:
    """Ends the package's own event loop, whose coroutines are cancelled."""
    global _own
    with _starting:
        ending, _own = _own, None
    if ending is not None:
        loop, thread = ending
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_END_MAX_SECONDS)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.run_until_complete(_cancel_all())
    loop.close()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
