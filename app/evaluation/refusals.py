"""Why a design is not evaluated; the text of each is for whoever sent the design.

    Unevaluable
    ├── NoDesign    it is not a design, or not one of this format
    ├── OverLimit   it, or what was found in it, goes over a limit, which the text names
    ├── Circular    a component is its own parent, directly or through aliases
    └── Flapping    its relationships undo each other's changes for ever

They travel between processes: each has one argument, its text.
"""

from __future__ import annotations

from app.importing.refusals import Refused


class Unevaluable(Refused):
    """Nothing of the design is evaluated."""


class NoDesign(Unevaluable):
    """What was sent is not a design, or not one of this format."""


class OverLimit(Unevaluable):
    """The design, or what was found in it, goes over a limit."""


class Circular(Unevaluable):
    """A component is its own parent."""


class Flapping(Unevaluable):
    """Relationships of the design undo each other's changes for ever."""
