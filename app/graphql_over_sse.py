"""GraphQL over server-sent events: the results of one operation as the events of one response.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, “distinct connections mode”;
the format is that of https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, ExitStack, aclosing
from typing import Any, TypeAlias

from graphql import ExecutionResult
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Send

from app.disconnects import while_connected
from app.errors import Problem
from app.graphql_errors import body, problem_result
from app.heartbeats import Heartbeat
from app.interruptions import Deadline, Interruption
from app.media_types import EVENT_STREAM
from app.operations import Operations
from app.parameters import Parameters
from app.patience import Patience
from app.places import Places
from app.stopping import on_stop
from app.strict_json import encode
from app.subscriptions import Results, alone
from app.trust import Trust, is_known

OpenContext: TypeAlias = Callable[[Request], AbstractAsyncContextManager[Any]]

HEADERS = [
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"x-accel-buffering", b"no"),  # of nginx, which would keep events until it has many
]
COMMENT = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"
LONGEST_ID = 256


class GraphQLOverSSE:
    """Answers operations that were read from a request."""

    def __init__(
        self, operations: Operations, open_context: OpenContext, places: Places, trust: Trust
    ) -> None:
        self._operations = operations
        self._open_context = open_context
        self._places = places
        self._trust = trust
        self._comments = Patience(operations.limits.comment_seconds)

    async def answer(self, request: Request, asked: Parameters, send: Send) -> None:
        """Send the results until they end, the client goes, or the service does.

        Raises the `Problem` of a caller for whom no context can be opened, before anything is sent,
        and `ClientDisconnect` for one who has gone.
        """
        async with self._open_context(request) as context:
            context.last_event_id = _last_event_id(request)
            stream = EventStream(send, self._operations.limits.send_seconds)
            work = self._send(request, asked, context, stream)
            await while_connected(request.receive, work)

    async def _send(
        self, request: Request, asked: Parameters, context: Any, stream: EventStream
    ) -> None:
        with ExitStack() as place:
            outcome = await self._operations.subscribe(
                self._trust.source(asked, known=is_known(context)),
                context=context,
                variables=asked.variables,
                operation_name=asked.operation_name,
                queries_only=request.method == "GET",
                memo=asked.memo,
                admit=lambda: place.enter_context(self._places.one(context.caller, stream)),
            )
            results = alone(outcome) if isinstance(outcome, ExecutionResult) else outcome
            await self._pour(results, context, stream)

    async def _pour(self, results: Results, context: Any, stream: EventStream) -> None:
        """Send the results, with comments in between where there are none for long."""
        with Interruption() as interruption, on_stop(interruption.come):
            comments = Heartbeat(self._comments, stream.comment, interruption.come)
            try:
                await stream.begin()
                async with aclosing(results):
                    async for result in results:
                        await stream.next(result, context.last_event_id)
            except Problem as problem:
                await stream.next(problem_result(problem), None)
            finally:
                await comments.end()
        # An interrupted stream is not complete: there is more for who asks again.
        await stream.end(b"" if interruption.has_come else COMPLETE)


class EventStream:
    """A response of events. Sending raises `ClientDisconnect` where nobody takes it in time."""

    def __init__(self, send: Send, seconds: float) -> None:
        self._to = send
        self._seconds = seconds

    async def begin(self) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await self.comment()

    async def comment(self) -> None:
        await self._write(COMMENT)

    async def next(self, result: ExecutionResult, event_id: str | None) -> None:
        id_ = b"id: %b\n" % event_id.encode() if event_id else b""
        await self._write(b"event: next\n%bdata: %b\n\n" % (id_, encode(body(result))))

    async def end(self, data: bytes) -> None:
        await self._write(data, more=False)

    async def _write(self, data: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def _send(self, message: Message) -> None:
        try:
            with Deadline(self._seconds):
                await self._to(message)
        except (OSError, TimeoutError):
            raise ClientDisconnect from None


def _last_event_id(request: Request) -> str | None:
    """What the client saw last, if it says so; a source judges whether there is such an event."""
    return request.headers.get("last-event-id", "")[:LONGEST_ID] or None
