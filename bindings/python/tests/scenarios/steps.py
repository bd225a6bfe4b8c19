"""How a step of a file becomes the call of a method. What nobody knows is an error, so that a mistake in a file is no silent pass."""

from __future__ import annotations

import inspect
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .play import Play


class Steps:
    """The steps of one topic: a public method for each.

    A step is its name, or an object with its name as the only key. A method whose one argument is positional takes what stands there as
    a whole; any other takes the keys of what stands there as named arguments.
    """

    def __init__(self, play: Play) -> None:
        self.play = play

    def take(self, step: Any) -> None:
        """Does a step."""
        name, content = (step, {}) if isinstance(step, str) else only(step)
        method = vars(type(self)).get(f"{name}_" if iskeyword(name) else name)
        if method is None or name.startswith("_"):
            raise AssertionError(f"{type(self).__name__} knows no step {name!r}")
        takes_it_whole = any(
            parameter.kind is inspect.Parameter.POSITIONAL_ONLY
            for parameter in list(inspect.signature(method).parameters.values())[1:]
        )
        if takes_it_whole:
            method(self, content)
        else:
            method(self, **content)


def only(of: dict[str, Any]) -> tuple[str, Any]:
    """The one key and value of an object that has no other."""
    ((name, content),) = of.items()
    return name, content
