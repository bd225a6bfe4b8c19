"""Events, as a listener gets them."""

from __future__ import annotations

from datetime import timedelta

from .play import USER, Play
from .steps import Steps


class Events(Steps):
    """What is told."""

    def __init__(self, play: Play) -> None:
        super().__init__(play)
        self._seen = 0

    def told(self, kinds: list[str], /) -> None:
        """The events since the last such step, or from the first one, in order, and no more."""
        events = self.play.engine.events(USER, after=self._seen)
        found = []
        for _ in kinds:
            event = events.next(timeout=timedelta(seconds=60))
            assert event is not None and event.number == self._seen + 1
            self._seen = event.number
            found.append(event.kind)
        assert found == kinds
        assert self.play.engine.last_event(USER) == self._seen
