"""How long a search may go on: in seconds of the wall, or in work done."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the start: on the wall, or those that the work takes on an ordinary core.

    A search by counted work is the same on every computer and at any load. Its parts `charge` what
    they have done by an estimate from sizes, of an idle core of 2025, right within a factor of
    three.
    """

    def __init__(self, seconds: float, counted: bool):
        self.seconds, self.counted = seconds, counted
        self._begin, self._work = time.perf_counter(), 0.0

    @property
    def elapsed(self) -> float:
        return self._work if self.counted else self.runtime

    @property
    def left(self) -> float:
        return self.seconds - self.elapsed

    @property
    def runtime(self) -> float:
        """Seconds on the wall."""
        return time.perf_counter() - self._begin

    def charge(self, seconds: float) -> None:
        """Count work; without effect on the wall's clock."""
        self._work += seconds

    def part(self, seconds: float) -> Clock:
        """A clock for a part that runs beside others: they charge the longest of theirs here."""
        return Clock(min(seconds, self.left), self.counted)
