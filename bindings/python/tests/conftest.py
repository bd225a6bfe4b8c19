"""A simulator of Plaid for each test that asks for one, and books in each kind of store."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

WORKSPACE = Path(__file__).resolve().parents[3]


class Simulator:
    """A running simulator of Plaid, whose documentation names its commands."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Asks for a path and returns the JSON it answers with, its numbers as exact decimals."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer, parse_float=Decimal)

    def command(self, method: str, path: str, body: object = None) -> Any:
        """Gives a command, such as `command("POST", "/advance", {"days": 10})`."""
        return self.ask(method, "/_simulator" + path, body)

    def sign_in(self, institution: str = "ins_109508", **options: object) -> str:
        """A public token, as Link hands it out once a user has signed in."""
        body = {
            "client_id": "test-client",
            "secret": "test-secret",
            "institution_id": institution,
            "initial_products": ["transactions"],
            "options": options,
        }
        token: str = self.ask("POST", "/sandbox/public_token/create", body)["public_token"]
        return token


def program(package: str) -> str:
    """A program of the workspace: where somebody says that they all are, or where cargo puts them."""
    named = os.environ.get("FINANCE_PROGRAMS")
    built = WORKSPACE / os.environ.get("CARGO_TARGET_DIR", "target") / "debug"
    return str(Path(named or built) / package)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Builds the programs if a test will start one and nobody says where they are: before the first test, as no test has the time."""
    start_one = [item for item in session.items if "simulator_program" in getattr(item, "fixturenames", ())]
    start_one += [item for item in session.items if item.get_closest_marker("postgres")]
    if start_one and not os.environ.get("FINANCE_PROGRAMS") and not session.config.option.collectonly:
        build = ["cargo", "build", "--locked", "--package", "plaid-simulator", "--package", "postgres-server"]
        if subprocess.run(build, cwd=WORKSPACE).returncode != 0:
            raise pytest.UsageError(f"the programs that the tests start are not built: mend {' '.join(build)}")


@pytest.fixture(scope="session")
def simulator_program() -> str:
    return program("plaid-simulator")


@pytest.fixture
def start_simulator(simulator_program: str) -> Iterator[Callable[..., Simulator]]:
    """Starts simulators with arguments of the test's own; they end with it."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> Simulator:
        process = subprocess.Popen([simulator_program, *arguments], stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), f"the simulator does not start: {line!r}"
        return Simulator(line.removeprefix("listening on ").strip())

    yield start
    for process in running:
        process.terminate()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def simulator(start_simulator: Callable[..., Simulator]) -> Simulator:
    """A simulator with its small generated world."""
    return start_simulator()


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Makes an empty PostgreSQL database and returns its address. The server, a throw-away one or the one that `DATABASE_URL` names,
    is rid of them after the tests."""
    with subprocess.Popen(
        [program("postgres-server")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def make() -> str:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            url = process.stdout.readline().strip()
            assert url.startswith("postgres"), f"there is no PostgreSQL server: {url!r}"
            return url

        yield make


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def books_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of new, empty books, in each kind of store."""
    if request.param == "postgres":
        new_database: Callable[[], str] = request.getfixturevalue("new_database")
        return new_database()
    return "memory:" if request.param == "memory" else f"sqlite:{tmp_path / 'books.db'}"
