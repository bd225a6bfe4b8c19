"""How work ends: cancelled, interrupted, closed, forked, with its event loop, and with the program."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

import finance_tracker as ft
from finance_tracker.errors import ClosedError, ProviderError

from paper_bank import AsyncPaperProvider, PaperProvider, account, row

USER = "anna"
TESTS = Path(__file__).parent


class Slow(AsyncPaperProvider):
    """Whose pages never come: it says when one is asked for, and when whoever asked is gone."""

    def __init__(self, bank: PaperProvider) -> None:
        super().__init__(bank)
        self.asked = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def transactions_page(self, token: ft.AccessToken, request: ft.PageRequest, /) -> ft.UpdatePage:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        raise AssertionError("nobody sets the event")


def signed_in() -> tuple[PaperProvider, ft.PublicToken]:
    bank = PaperProvider()
    return bank, bank.sign_in([account("a")], [row("r", "a", "-1.00")])


async def test_a_cancelled_operation_cancels_the_provider() -> None:
    bank, token = signed_in()
    provider = Slow(bank)
    async with await ft.AsyncEngine.open("memory:", provider) as engine:
        linking = asyncio.create_task(engine.link(USER, token))
        await provider.asked.wait()
        linking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await linking
        await provider.cancelled.wait()
        # Nothing is half done, and the engine goes on.
        assert await engine.account_totals(USER) == ()


T = TypeVar("T")


async def given_up(waiting: Coroutine[Any, Any, T]) -> list[T]:
    """Begins to wait and gives up: what came all the same."""
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    # The engine most likely has what is waited for by then, and this thread, which waits, has not heard of it.
    time.sleep(0.1)
    task.cancel()
    try:
        return [await task]
    except asyncio.CancelledError:
        return []


async def test_whoever_stops_waiting_loses_nothing_of_a_stream() -> None:
    bank, token = signed_in()
    async with await ft.AsyncEngine.open("memory:", AsyncPaperProvider(bank)) as engine:
        await engine.link(USER, token)
        last, events = await engine.last_event(USER), engine.events(USER)
        told = await given_up(events.__anext__())
        while len(told) < last and (event := await events.next(timeout=timedelta(seconds=10))):
            told.append(event)
        assert [event.number for event in told] == list(range(1, last + 1))
        whole = b"".join([piece async for piece in await engine.export(USER, "csv")])
        export = await engine.export(USER, "csv")
        pieces = await given_up(export.__anext__())
        assert b"".join(pieces + [piece async for piece in export]) == whole


async def test_a_timeout_cancels_the_provider() -> None:
    bank, token = signed_in()
    provider = Slow(bank)
    async with await ft.AsyncEngine.open("memory:", provider) as engine:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(engine.link(USER, token), timeout=0.05)
        await provider.cancelled.wait()


async def test_closing_an_engine_ends_what_goes_on() -> None:
    bank, token = signed_in()
    provider = Slow(bank)
    engine = await ft.AsyncEngine.open("memory:", provider)
    linking = asyncio.create_task(engine.link(USER, token))
    await provider.asked.wait()
    await engine.close()
    with pytest.raises(ClosedError):
        await linking
    await provider.cancelled.wait()
    with pytest.raises(ClosedError):
        await engine.accounts(USER)
    await engine.close()


def test_an_engine_outlives_an_event_loop() -> None:
    bank, token = signed_in()
    provider = AsyncPaperProvider(bank)
    engine = asyncio.run(opened(provider))
    # The first loop is closed; the provider's coroutines run on the package's own.
    linked = asyncio.run(link(engine, token))
    assert linked.first_sync.error is None
    asyncio.run(engine.close())


async def opened(provider: AsyncPaperProvider) -> ft.AsyncEngine:
    return await ft.AsyncEngine.open("memory:", provider)


async def link(engine: ft.AsyncEngine, token: ft.PublicToken) -> ft.Linked:
    return await engine.link(USER, token)


def test_engines_of_two_event_loops_run_at_the_same_time() -> None:
    together = threading.Barrier(2, timeout=60)
    loops: list[tuple[asyncio.AbstractEventLoop, set[asyncio.AbstractEventLoop]]] = []

    class Here(AsyncPaperProvider):
        """Notes on which loops it is asked."""

        def __init__(self, bank: PaperProvider) -> None:
            super().__init__(bank)
            self.loops: set[asyncio.AbstractEventLoop] = set()

        async def transactions_page(self, token: ft.AccessToken, request: ft.PageRequest, /) -> ft.UpdatePage:
            self.loops.add(asyncio.get_running_loop())
            await asyncio.to_thread(together.wait)
            return await super().transactions_page(token, request)

    async def work() -> None:
        bank, token = signed_in()
        provider = Here(bank)
        async with await ft.AsyncEngine.open("memory:", provider) as engine:
            assert (await engine.link(USER, token)).first_sync.error is None
        loops.append((asyncio.get_running_loop(), provider.loops))

    threads = [threading.Thread(target=lambda: asyncio.run(work())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loops) == 2 and all(asked == {own} for own, asked in loops)


def test_one_engine_serves_two_event_loops() -> None:
    bank, token = signed_in()

    async def main() -> None:
        async with await ft.AsyncEngine.open("memory:", AsyncPaperProvider(bank)) as engine:
            elsewhere = asyncio.to_thread(lambda: asyncio.run(link(engine, token)))
            assert (await elsewhere).first_sync.error is None

    asyncio.run(main())


def test_a_loop_that_stands_still_keeps_nobody_waiting() -> None:
    bank, token = signed_in()
    still = asyncio.new_event_loop()
    engine = still.run_until_complete(opened(AsyncPaperProvider(bank)))
    assert asyncio.run(link(engine, token)).first_sync.error is None
    still.run_until_complete(engine.close())
    still.close()


def test_loops_that_come_and_go_disturb_no_engine() -> None:
    bank = PaperProvider()
    tokens = [bank.sign_in([account("a")], [row("r", "a", "-1.00")]) for _ in range(8)]
    engine = asyncio.run(opened(AsyncPaperProvider(bank)))
    reports: list[ft.Linked] = []

    def come_and_go(number: int) -> None:
        async def work() -> None:
            reports.append(await engine.link(f"user-{number}", tokens[number]))

        asyncio.run(work())

    threads = [threading.Thread(target=come_and_go, args=(number,), daemon=True) for number in range(len(tokens))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [report.first_sync.error for report in reports] == [None] * len(tokens)
    asyncio.run(engine.close())


async def test_a_coroutine_that_its_loop_cancels_is_a_fault_of_the_provider() -> None:
    bank, token = signed_in()
    asked = threading.Event()

    class Stuck(AsyncPaperProvider):
        async def create_link_token(self, request: ft.LinkTokenRequest, /) -> ft.LinkSession:
            asked.set()
            await asyncio.sleep(3600)
            raise AssertionError("it is cancelled before")

    engines: list[ft.AsyncEngine] = []
    go_on = threading.Event()

    async def elsewhere() -> None:
        engines.append(await ft.AsyncEngine.open("memory:", Stuck(bank)))
        go_on.set()
        await asyncio.to_thread(asked.wait)

    thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
    thread.start()
    await asyncio.to_thread(go_on.wait)
    # It runs on the loop that opened the engine, which ends meanwhile.
    with pytest.raises(ProviderError) as raised:
        await engines[0].create_link_token(USER, "Test")
    assert isinstance(raised.value.__cause__, RuntimeError)
    thread.join()
    await engines[0].close()


def test_a_loop_that_lets_others_in_while_it_is_asked_stops_nobody() -> None:
    process = program(
        """
    import asyncio, threading, time
    import finance_tracker as ft

    class Polite(asyncio.SelectorEventLoop):
        def is_running(self):
            time.sleep(0)
            return super().is_running()

        def is_closed(self):
            time.sleep(0)
            return super().is_closed()

    async def reads(engine):
        for _ in range(1000):
            await engine.accounts("anna")

    async def main():
        engine = await ft.AsyncEngine.open("memory:")
        other = threading.Thread(target=lambda: asyncio.run(reads(engine)))
        other.start()
        await reads(engine)
        other.join()
        await engine.close()

    Polite().run_until_complete(main())
    """
    )
    try:
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, output, errors) == (0, "", "")


@pytest.mark.parametrize("exception", [SystemExit, KeyboardInterrupt])
def test_a_coroutine_that_ends_the_program_ends_no_other_engine(exception: type[BaseException]) -> None:
    bank, token = signed_in()

    class Ending(AsyncPaperProvider):
        async def create_link_token(self, request: ft.LinkTokenRequest, /) -> ft.LinkSession:
            raise exception

    with ft.Engine.open("memory:", Ending(bank)) as engine:
        for _ in range(2):
            with pytest.raises(exception):
                engine.create_link_token(USER, "Test")
    with ft.Engine.open("memory:", AsyncPaperProvider(bank)) as engine:
        assert engine.link(USER, token).first_sync.error is None


async def test_what_an_engine_calls_cannot_close_it() -> None:
    refused: list[str] = []
    bank, token = signed_in()

    class Closing(PaperProvider):
        def exchange_public_token(self, token: ft.PublicToken, /) -> ft.ExchangedConnection:
            with pytest.raises(ft.errors.InvalidInputError) as error:
                plain.close()
            refused.append(str(error.value))
            return bank.exchange_public_token(token)

    class AsyncClosing(AsyncPaperProvider):
        async def exchange_public_token(self, token: ft.PublicToken, /) -> ft.ExchangedConnection:
            with pytest.raises(ft.errors.InvalidInputError) as error:
                await other.close()
            refused.append(str(error.value))
            return await super().exchange_public_token(token)

    closing = Closing()
    closing.sign_ins = bank.sign_ins
    plain = ft.Engine.open("memory:", closing)
    assert (await asyncio.to_thread(plain.link, USER, token)).first_sync.error is None
    token = bank.sign_in([account("b")], [row("s", "b", "-1.00")])
    other = await ft.AsyncEngine.open("memory:", AsyncClosing(bank))
    assert (await other.link(USER, token)).first_sync.error is None
    assert len(refused) == 2 and all("close it afterwards" in text for text in refused)
    plain.close()
    await other.close()


async def test_a_closed_engine_is_not_entered_again() -> None:
    engine = ft.Engine.open("memory:")
    engine.close()
    with pytest.raises(ClosedError), engine:
        pass
    other = await ft.AsyncEngine.open("memory:")
    await other.close()
    with pytest.raises(ClosedError):
        async with other:
            pass


async def test_closing_waits_for_a_token_that_is_being_exchanged_although_its_link_was_cancelled(tmp_path: Path) -> None:
    bank, token = signed_in()
    asked, answer = asyncio.Event(), asyncio.Event()

    class Exchanging(AsyncPaperProvider):
        """Whose exchanges wait for the test."""

        async def exchange_public_token(self, token: ft.PublicToken, /) -> ft.ExchangedConnection:
            exchanged = await super().exchange_public_token(token)
            asked.set()
            await answer.wait()
            return exchanged

    url = f"sqlite:{tmp_path / 'books.db'}"
    engine = await ft.AsyncEngine.open(url, Exchanging(bank), token_key=bytes(32))
    linking = asyncio.create_task(engine.link(USER, token))
    await asked.wait()
    linking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await linking
    closing = asyncio.create_task(engine.close())
    done, _ = await asyncio.wait([closing], timeout=0.2)
    assert not done
    answer.set()
    await closing
    async with await ft.AsyncEngine.open(url, AsyncPaperProvider(bank), token_key=bytes(32)) as engine:
        (connection,) = await engine.connections(USER)
        waited: list[str] = []
        report = await engine.with_progress(lambda step: waited.append(step.kind)).sync_transactions(USER)
    assert report.connections[0].connection == connection.id and report.connections[0].error is None
    assert "waiting" not in waited, "the lease of the link is free"


def test_a_program_that_exits_has_a_token_exchanged_although_its_link_was_cancelled(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'books.db'}"
    process = program(
        f"""
    import asyncio, threading, time
    import finance_tracker as ft
    from test_lifetime import signed_in, PaperProvider

    bank, token = signed_in()
    asked = threading.Event()

    class Exchanging(PaperProvider):
        def exchange_public_token(self, token, /):
            asked.set()
            time.sleep(0.5)
            return bank.exchange_public_token(token)

    async def main():
        engine = await ft.AsyncEngine.open({url!r}, Exchanging(), token_key=bytes(32))
        linking = asyncio.create_task(engine.link("anna", token))
        await asyncio.to_thread(asked.wait)
        linking.cancel()

    asyncio.run(main())
    """
    )
    output, errors = process.communicate()
    assert (process.returncode, output, errors) == (0, "", "")
    with ft.Engine.open(url, token_key=bytes(32)) as engine:
        assert len(engine.connections(USER)) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_is_told_so() -> None:
    engine = ft.Engine.open("memory:")
    told, tell = os.pipe()
    # Forking a process with threads is what this is about.
    child = fork()
    if child == 0:
        answer = b"nothing"
        try:
            engine.accounts(USER)
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}".encode()
        os.write(tell, answer)
        os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        heard = pipe.read().decode()
    os.waitpid(child, 0)
    assert heard.startswith("ForkedError: this process was forked")
    assert engine.accounts(USER) == ()
    engine.close()


def fork() -> int:
    import warnings

    with warnings.catch_warnings():
        # Python 3.12 and later warn of threads at a fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def test_a_spawned_process_opens_engines_of_its_own(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'books.db'}"
    with ft.Engine.open(url) as engine:
        engine.create_manual_account(USER, "Cash", "other_depository", "EUR")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(accounts, (url,)) == 1


def accounts(url: str) -> int:
    with ft.Engine.open(url) as engine:
        return len(engine.accounts(USER))


def program(text: str) -> subprocess.Popen[str]:
    """A program of its own, with the tests' modules at hand."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


SLOW = """
    import asyncio, threading, time
    import finance_tracker as ft
    import finance_tracker.errors
    from paper_bank import AsyncPaperProvider, PaperProvider, account, row

    bank = PaperProvider()
    token = bank.sign_in([account("a")], [row("r", "a", "-1.00")])
    asked = threading.Event()

    class Plain(PaperProvider):
        def transactions_page(self, token, request, /):
            print("asked", flush=True)
            asked.set()
            while True:
                time.sleep(0.001)

    class Coroutine(AsyncPaperProvider):
        async def transactions_page(self, token, request, /):
            print("asked", flush=True)
            asked.set()
            while True:
                await asyncio.sleep(0.001)

    plain = Plain()
    plain.sign_ins = bank.sign_ins
    providers = {"plain": plain, "coroutine": Coroutine(bank)}
"""


LINKING_IN_A_THREAD = """
    def work():
        try:
            engine.link("anna", token)
        except ft.errors.ClosedError:
            pass

    threading.Thread(target=work, daemon=True).start()
    asked.wait()
"""


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
def test_ctrl_c_ends_an_operation_that_waits(kind: str) -> None:
    process = program(
        SLOW
        + f"""
    with ft.Engine.open("memory:", providers["{kind}"]) as engine:
        try:
            engine.link("anna", token)
        except KeyboardInterrupt:
            print("interrupted", len(engine.account_totals("anna")), flush=True)
    """
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "asked\n"
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert (process.returncode, output, errors) == (0, "interrupted 0\n", "")


def test_ctrl_c_ends_the_reading_of_a_table() -> None:
    process = program(
        """
    import os, signal, sys, threading, time
    import pyarrow
    import finance_tracker as ft

    def read(reader):
        reader.read_all()

    def interrupt(main=threading.get_ident()):
        # Whoever sees the main thread in the second line of the function sees it in the call that is there.
        while True:
            frame = sys._current_frames()[main]
            if frame.f_code is read.__code__ and frame.f_lineno == read.__code__.co_firstlineno + 1:
                return os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0)

    with ft.Engine.open("memory:") as engine:
        own = engine.create_manual_account("anna", "Cash", "checking", "EUR")
        rows = [f"2026-01-{1 + number % 28:02},SHOP {number},-{number}.01" for number in range(5_000)]
        engine.import_file("anna", own.id, "\\n".join(["Date,Description,Amount", *rows]).encode())
        reader = pyarrow.RecordBatchReader.from_stream(engine.transactions_arrow("anna", batch_rows=1))
        threading.Thread(target=interrupt, daemon=True).start()
        try:
            try:
                read(reader)
                print("read everything")
            except Exception as error:
                # Whoever takes any failure for one of the reader's does not get away with it.
                print("swallowed", error)
        except KeyboardInterrupt:
            print("interrupted", len(engine.transactions("anna", limit=3)))
    """
    )
    output, errors = process.communicate()
    assert (process.returncode, output, errors) == (0, "interrupted 3\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="threads are limited here in another way")
def test_a_process_that_may_start_no_threads_is_told_so() -> None:
    process = program(
        """
    import os, resource
    import finance_tracker as ft

    if os.getuid() == 0:
        # The superuser may start as many as it likes.
        os.setuid(65_534)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    try:
        ft.Engine.open("memory:")
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
    """
    )
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert output.startswith("RuntimeError: no thread can be started: ")


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
@pytest.mark.parametrize("repetition", range(3))
def test_a_program_exits_in_silence_while_a_thread_syncs(kind: str, repetition: int) -> None:
    process = program(
        SLOW
        + f"""
    engine = ft.Engine.open("memory:", providers["{kind}"])
    """
        + LINKING_IN_A_THREAD
    )
    output, errors = process.communicate()
    assert (process.returncode, output, errors) == (0, "asked\n", "")


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
@pytest.mark.parametrize("repetition", range(3))
def test_a_program_exits_in_silence_while_a_task_syncs(kind: str, repetition: int) -> None:
    process = program(
        SLOW
        + f"""
    async def main():
        engine = await ft.AsyncEngine.open("memory:", providers["{kind}"])
        task = asyncio.create_task(engine.link("anna", token))
        await asyncio.to_thread(asked.wait)

    asyncio.run(main())
    """
    )
    output, errors = process.communicate()
    assert (process.returncode, output, errors) == (0, "asked\n", "")


@pytest.mark.parametrize("repetition", range(4))
def test_a_program_exits_in_silence_while_threads_ask_again_and_again(repetition: int) -> None:
    process = program(
        """
    import threading, time
    import finance_tracker as ft

    engine = ft.Engine.open("memory:")

    def ask():
        while True:
            try:
                engine.accounts("anna")
            except Exception:
                pass

    for _ in range(4):
        threading.Thread(target=ask, daemon=True).start()
    time.sleep(0.2)
    """
    )
    output, errors = process.communicate()
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_program_exits_soon_while_a_listener_takes_its_time() -> None:
    process = program(
        SLOW
        + """
    def listener(step):
        asked.set()
        for _ in range(3600):
            time.sleep(0.01)

    engine = ft.Engine.open("memory:", bank).with_progress(listener)
    """
        + LINKING_IN_A_THREAD
    )
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (0, "", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_ends_whatever_threads_did_at_the_fork() -> None:
    process = program(
        """
    import os, sys, threading, warnings
    import finance_tracker as ft

    warnings.simplefilter("ignore", DeprecationWarning)
    engine = ft.Engine.open("memory:")
    ended = threading.Event()

    def ask():
        while not ended.is_set():
            engine.accounts("anna")

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for number in range(300):
        child = os.fork()
        if child == 0:
            try:
                engine.accounts("anna")
            except ft.errors.ForkedError:
                sys.exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    ended.set()
    """
    )
    try:
        output, errors = process.communicate(timeout=100)
    finally:
        process.kill()
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_program_exits_in_silence_while_a_loop_stands_still() -> None:
    process = program(
        SLOW
        + """
    loop = asyncio.new_event_loop()
    engine = loop.run_until_complete(ft.AsyncEngine.open("memory:", plain))

    async def begin():
        task = asyncio.ensure_future(engine.link("anna", token))
        await asyncio.to_thread(asked.wait)
        return task

    task = loop.run_until_complete(begin())
    # What asyncio itself says of a task that nobody ends is not what this is about.
    task._log_destroy_pending = False
    """
    )
    output, errors = process.communicate()
    assert (process.returncode, output, errors) == (0, "asked\n", "")
