"""One connection of graphql-transport-ws: what is said on it, and the operations under way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog
from graphql import ExecutionResult
from starlette.requests import ClientDisconnect

from app.bugs import describe
from app.errors import BadInput, Code, Problem
from app.figures import Figures, counted
from app.graphql_errors import body, bug_result, executed, problem_result
from app.heartbeats import Heartbeat
from app.interruptions import Deadline, Interruption
from app.limits import refusal
from app.operations import Operations
from app.parameters import Parameters, checked
from app.patience import Patience
from app.places import Places
from app.sockets import Close, Closing, Socket
from app.subscriptions import alone
from app.trust import Trust

LONGEST_ID = 256  # characters of the id of an operation, which is in each of its messages

#: Problems of an operation that end the connection as well: of who is calling, not of what.
FATAL = {Code.UNAUTHENTICATED, Code.FORBIDDEN}

#: The credential of a connection, from the payload of `connection_init`, after it was proven good;
#: raises a `Problem` for a connection that may not be.
Admit: TypeAlias = Callable[[Mapping[str, Any] | None], Awaitable[str]]
#: Opens the context of one operation, a `Subscriber`, for a credential.
OpenContext: TypeAlias = Callable[[str], AbstractAsyncContextManager[Any]]
Message: TypeAlias = dict[str, Any]
#: Told of each operation that has ended, and how many seconds it took.
Ended: TypeAlias = Callable[[Figures, float], None]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Means:
    """What all connections of an endpoint share."""

    operations: Operations
    open_context: OpenContext
    places: Places
    pings: Patience
    trust: Trust
    ended: Ended


class Connection:
    """A connection whose socket was accepted."""

    __slots__ = (
        "_admit",
        "_closing",
        "_credential",
        "_interruption",
        "_limits",
        "_means",
        "_socket",
        "_tasks",
    )

    def __init__(self, socket: Socket, admit: Admit, means: Means) -> None:
        self._socket = socket
        self._admit = admit
        self._means = means
        self._limits = means.operations.limits
        self._credential = ""
        self._closing: Closing | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Answer until either side ends the connection; then nothing of it is left."""
        try:
            with Interruption() as self._interruption:
                await self._converse()
        except ClientDisconnect:
            self._closing = None
        except Closing as closing:
            self._closing = closing
        except Exception as error:  # noqa: BLE001 - the server would log its full text
            log.error("socket_failed", **describe(error))  # noqa: TRY400 - no traceback: it quotes values
            self._closing = Closing(Close.INTERNAL, "Internal error")
        finally:
            await self._end_operations()
        if self._closing is not None:
            await self._socket.close(self._closing)

    def _end(self, closing: Closing | None = None) -> None:
        """End the connection from another task; without a word where nobody listens any more."""
        self._closing = closing
        self._interruption.come()

    async def _end_operations(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _converse(self) -> None:
        try:
            with Deadline(self._limits.init_seconds):
                self._credential = await self._admit(await self._payload())
                await self._socket.send({"type": "connection_ack"})
        except TimeoutError:
            raise Closing(Close.INIT_TIMEOUT, "Connection initialisation timeout") from None
        except Problem as problem:
            raise Closing.because_of(problem) from None
        pings = Heartbeat(self._means.pings, self._ping, self._end)
        try:
            while True:
                await self._take(await self._socket.next())
        finally:
            await pings.end()

    async def _payload(self) -> Mapping[str, Any] | None:
        """What comes with `connection_init`."""
        while (message := await self._socket.next())["type"] != "connection_init":
            if message["type"] == "subscribe":
                raise Closing(Close.UNAUTHORIZED, "Send connection_init first.")
            await self._take(message)
        payload = message.get("payload")
        if not isinstance(payload, dict | None):
            raise Closing(Close.BAD_REQUEST, "The payload of connection_init is an object or null.")
        return payload

    async def _take(self, message: Message) -> None:
        match message["type"]:
            case "subscribe":
                await self._subscribe(_id(message), message.get("payload"))
            case "complete":
                await self._complete(_id(message))
            case "ping":
                await self._socket.send({"type": "pong"})
            case "pong":
                pass
            case "connection_init":
                raise Closing(Close.TOO_MANY_INITS, "Too many initialisation requests")
            case _:
                raise Closing(Close.BAD_REQUEST, "There is no message of that type.")

    async def _ping(self) -> None:
        await self._socket.send({"type": "ping"})

    async def _subscribe(self, id_: str, payload: object) -> None:
        try:
            asked = checked(payload)
        except BadInput as problem:
            raise Closing(Close.BAD_REQUEST, problem.message) from None
        if id_ in self._tasks:
            raise Closing(Close.SUBSCRIBER_EXISTS, f"Subscriber for {id_} already exists")
        allowed = self._limits.operations_per_connection
        if len(self._tasks) >= allowed:
            crowded = refusal("operations_per_connection", allowed, len(self._tasks) + 1)
            await self._socket.send({"id": id_, **_error(problem_result(crowded))})
            return
        work = self._counted(id_, asked)
        self._tasks[id_] = asyncio.get_running_loop().create_task(work)

    async def _complete(self, id_: str) -> None:
        """The operation is over when the next message is taken, and what it held is free."""
        if (task := self._tasks.get(id_)) is not None:
            task.cancel()
            await asyncio.wait({task})
            self._tasks.pop(id_, None)

    async def _counted(self, id_: str, asked: Parameters) -> None:
        started = time.perf_counter()
        with counted() as figures:
            try:
                await self._operate(id_, asked)
            finally:
                self._means.ended(figures, time.perf_counter() - started)

    async def _operate(self, id_: str, asked: Parameters) -> None:
        closing = None
        try:
            try:
                last = await self._results(id_, asked)
            except Problem as problem:
                last = _error(problem_result(problem))
                closing = Closing.because_of(problem) if problem.code in FATAL else None
            except ClientDisconnect:
                raise
            except Exception as error:  # noqa: BLE001 - the end of the line for every bug
                last = _error(bug_result(error))
            await self._socket.send({"id": id_, **last})
        except ClientDisconnect:
            self._end()
        finally:
            del self._tasks[id_]  # in the same step: the other side may use the id again
        if closing is not None:
            self._end(closing)

    async def _results(self, id_: str, asked: Parameters) -> Message:
        """Send what comes of an operation; but for its last message, which is returned."""
        means = self._means
        with ExitStack() as place:
            async with means.open_context(self._credential) as context:
                outcome = await means.operations.subscribe(
                    means.trust.source(asked, known=True),
                    context=context,
                    variables=asked.variables,
                    operation_name=asked.operation_name,
                    memo=asked.memo,
                    admit=lambda: place.enter_context(means.places.one(context.caller, self)),
                )
                results = alone(outcome) if isinstance(outcome, ExecutionResult) else outcome
                async with aclosing(results):
                    async for result in results:
                        if not executed(result):
                            return _error(result)
                        await self._socket.send(
                            {"id": id_, "type": "next", "payload": body(result)}
                        )
        return {"type": "complete"}


def _id(message: Message) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not 0 < len(id_) <= LONGEST_ID:
        raise Closing(Close.BAD_REQUEST, f"id: a text of 1 to {LONGEST_ID} characters is required.")
    return id_


def _error(result: ExecutionResult) -> Message:
    return {"type": "error", "payload": body(result)["errors"]}
