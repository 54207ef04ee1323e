"""A difference is noticed, whatever it is, and told with the least that shows it."""

from __future__ import annotations

import pytest
from _pytest.outcomes import Failed

from resolvers.viewer import Viewer
from tests.differential.comparing import Comparing
from tests.differential.executors import Answer, Executors, Operation
from tests.differential.shrinking import shrunk

SAME = b'{"data": {"a": 1, "b": "x"}, "errors": [{"message": "m"}, {"message": "n"}]}'


@pytest.mark.parametrize(
    "other",
    [
        b'{"data": {"b": "x", "a": 1}, "errors": [{"message": "m"}, {"message": "n"}]}',
        b'{"data": {"a": 1.0, "b": "x"}, "errors": [{"message": "m"}, {"message": "n"}]}',
        b'{"data": {"a": true, "b": "x"}, "errors": [{"message": "m"}, {"message": "n"}]}',
        b'{"data": {"a": 1, "b": "x"}, "errors": [{"message": "m"}]}',
        b'{"data": {"a": 1, "b": "x"}, "errors": [{"message": "m"}, {"message": "n", "path": []}]}',
        b'{"data": {"a": 1, "b": "x"}}',
        b'{"data": null, "errors": [{"message": "m"}, {"message": "n"}]}',
    ],
)
def test_answers_that_differ(other: bytes) -> None:
    assert Answer.of(SAME) != Answer.of(other)


def test_errors_may_come_in_any_order() -> None:
    other = b'{"data": {"a": 1, "b": "x"}, "errors": [{"message": "n"}, {"message": "m"}]}'
    assert Answer.of(SAME) == Answer.of(other)


async def test_an_operation_is_shrunk_to_what_shows_the_difference() -> None:
    operation = Operation(
        "query Q($a: Int, $b: Int) { keys(page: $a, pageSize: $b) { ...F x: page } roles { page } }"
        " fragment F on KeyPage { items { id function } }",
        {"a": 1, "b": 2},
    )

    async def differs(each: Operation) -> bool:
        return "function" in each.source and "pageSize: $b" in each.source

    least = await shrunk(operation, differs)
    assert least.variables == {"b": 2}
    assert "roles" not in least.source
    assert "id" not in least.source.split()
    assert "x: page" not in least.source


class Wrong(Executors):
    """Says 8 for 7."""

    async def compiled(self, operation: Operation, viewer: Viewer) -> bytes:
        return (await self.interpreted(operation, viewer)).replace(b":7", b":8")


@pytest.mark.asyncio(loop_scope="session")
async def test_the_report_names_all_that_is_needed(comparing: Comparing) -> None:
    right = comparing.executors
    wrong = Wrong(right.store, right.vault, right.interpreter, right.compiler)
    with pytest.raises(Failed) as failed:
        await Comparing(wrong, {None: Viewer()}).check(
            Operation("query($n: Int) { publicUsers(pageSize: $n) { page pageSize } }", {"n": 7}),
            None,
        )
    told = str(failed.value)
    assert "viewer None" in told
    assert '"n": 7' in told
    assert "pageSize" in told
    assert "  page\n" not in told
    assert '-  "pageSize": 7' in told.replace("   ", "  ")
