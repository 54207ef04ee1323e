"""What the values in variables and literals may hold, whatever their type."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FloatValueNode,
    IntValueNode,
    StringValueNode,
    VariableDefinitionNode,
    Visitor,
    visit,
)

from app.errors import BadInput
from app.limits import Limits, refusal
from app.strict_json import printable, text_flaw


def check_variables(variables: Mapping[str, Any], limits: Limits) -> None:
    """Raise `LimitExceeded` or `BadInput`, naming the place, for values no field accepts."""
    if len(variables) > limits.variables:
        raise refusal("variables", limits.variables, len(variables))
    for name, value in variables.items():
        _check_value(name, value, limits)


def _check_value(name: str, root: Any, limits: Limits) -> None:
    waiting = [root]
    longest = limits.text_bytes
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if value.isascii() and "\0" not in value and len(value) <= longest:
                continue
            if text_flaw(value) is not None:
                _check_text(_place(name, root, value), value)
            if (size := len(value.encode())) > longest:
                raise refusal("text_bytes", longest, size, _place(name, root, value))
        elif isinstance(value, list):
            if len(value) > limits.list_items:
                place = _place(name, root, value)
                raise refusal("list_items", limits.list_items, len(value), place)
            waiting += value
        elif isinstance(value, dict):
            waiting += value
            waiting += value.values()


def _place(name: str, root: Any, flawed: object) -> str:
    """Where in the value of a variable something is: `input.name`, `ids.3`.

    A name is told by the object that has it.
    """
    waiting = [(printable(name), root)]
    while waiting:
        place, value = waiting.pop()
        if value is flawed:
            return place
        if isinstance(value, dict):
            if any(key is flawed for key in value):
                return place
            waiting += [(f"{place}.{printable(key)}", each) for key, each in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}.{number}", each) for number, each in enumerate(value)]
    return printable(name)


def _check_text(name: str, text: str) -> None:
    if (reason := text_flaw(text)) is not None:
        raise BadInput(f"{name}: {reason}.", field=name)


#: A number that may be beyond a double, or have more digits than Python converts.
_LARGE_NUMBER = re.compile(r"[0-9][eE]\+?[0-9]{3}|[0-9]{200}")


class _Literals(Visitor):
    """Judges every literal by the name of the argument or variable it belongs to."""

    name = ""

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self.name = node.name.value

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        self.name = node.variable.name.value

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        _check_text(self.name, node.value)

    def enter_float_value(self, node: FloatValueNode, *_: Any) -> None:
        if not math.isfinite(float(node.value)):
            raise BadInput(f"{self.name}: the number is too large.", field=self.name)

    def enter_int_value(self, node: IntValueNode, *_: Any) -> None:
        try:
            int(node.value)
        except ValueError:
            message = f"{self.name}: the number has too many digits."
            raise BadInput(message, field=self.name) from None


def check_literals(document: DocumentNode) -> None:
    """Raise `BadInput` for a text or a number that no field accepts and no JSON holds."""
    source = document.loc.source.body if document.loc else None
    # Visiting costs more than all else here, and only an escape can write what the lexer refuses.
    if source is None or "\\u" in source or text_flaw(source) or _LARGE_NUMBER.search(source):
        visit(document, _Literals())
