"""A simulator of Plaid for each test that asks for one."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

WORKSPACE = Path(__file__).resolve().parents[3]


class Simulator:
    """A running simulator of Plaid, whose documentation names its commands."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Asks for a path and returns the JSON it answers with."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

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


@pytest.fixture(scope="session")
def simulator_program() -> str:
    """The simulator's program, built if nobody says where it is."""
    named = os.environ.get("FINANCE_SIMULATOR")
    if named:
        return named
    subprocess.run(["cargo", "build", "--locked", "--package", "plaid-simulator"], cwd=WORKSPACE, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target"))
    return str(target / "debug" / "plaid-simulator")


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
