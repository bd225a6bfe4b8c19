"""Names for the types of values, where a record has a field called like the type."""

import datetime
from typing import TypeAlias

__all__ = ["Day", "Instant"]

Day: TypeAlias = datetime.date
"""A calendar day, without a zone. A `datetime` is refused."""
Instant: TypeAlias = datetime.datetime
"""A point in time, given in UTC. One in any zone is taken; one without a zone is refused."""
