"""Errors as a caller may see them: every one has a code, none tells of the inside."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from typing import Any

import structlog
from graphql import ExecutionResult, GraphQLError

from app.bugs import cut, describe
from app.errors import Code, Problem, SnapshotLost
from app.figures import current

#: What graphql-core quotes of an input object or a list, and of a text that is in a wrong place:
#: a secret may be in it, and whoever sent it knows it.
_FOUND = re.compile(r"(?:, found)?: (?=[{\[]).*|(?<=to be an object), found: .*", re.DOTALL)
_FOUND_TEXT = re.compile(r"(?<=found )((?:Block)?String) .*", re.DOTALL)

log = structlog.get_logger()


def refused(errors: Iterable[GraphQLError], code: Code) -> ExecutionResult:
    """The result of a request that was not executed, because of its document or variables."""
    current().outcome = str(code)
    return ExecutionResult(None, [_coded(error, code) for error in errors])


def problem_result(problem: Problem) -> ExecutionResult:
    """The result of a request that was not executed, because of an outcome of ours."""
    current().outcome = str(problem.code)
    return ExecutionResult(None, [GraphQLError(problem.message, original_error=problem)])


def bug_result(error: Exception) -> ExecutionResult:
    """The result of a request that came to an unforeseen end: masked, and logged."""
    return ExecutionResult(None, shown([GraphQLError(str(error), original_error=error)]))


def body(result: ExecutionResult) -> dict[str, Any]:
    """The response of a result (§7.1): without an entry `data` where nothing was executed."""
    response: dict[str, Any] = {**result.formatted}
    if not executed(result):
        del response["data"]
    return response


def executed(result: ExecutionResult) -> bool:
    """Whether there is an entry `data`: only errors of an execution have a path."""
    return result.data is not None or any(error.path for error in result.errors or ())


def lost_its_snapshot(result: ExecutionResult) -> bool:
    """Whether reading anew may succeed where this failed."""
    return any(isinstance(each.original_error, SnapshotLost) for each in result.errors or ())


def shown(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """The errors of an execution: problems as they are, anything unforeseen masked and logged."""
    logged: set[tuple[str, str]] = set()
    found = [_shown(error, logged) for error in errors]
    if found:
        current().outcome = str((found[0].extensions or {}).get("code"))
    return found


def request_id() -> str | None:
    """The id the middleware gave the current request."""
    return structlog.contextvars.get_contextvars().get("request_id")


def _shown(error: GraphQLError, logged: set[tuple[str, str]]) -> GraphQLError:
    cause = error.original_error
    if isinstance(cause, Problem):
        return error
    if _is_callers_fault(cause):
        return _coded(error, Code.BAD_USER_INPUT)
    _log_once(error, cause or error, logged)
    extensions = {"code": str(Code.INTERNAL_SERVER_ERROR), "requestId": request_id()}
    return GraphQLError("Internal error", error.nodes, path=error.path, extensions=extensions)


def _is_callers_fault(cause: Exception | None) -> bool:
    """Whether an error is about an argument: graphql-core and Strawberry raise GraphQLErrors.

    So do values that do not fit their output type; those arise while a value is completed.
    """
    if not (cause is None or isinstance(cause, GraphQLError)):
        return False
    frames = traceback.walk_tb(cause.__traceback__) if cause else ()
    return not any(frame.f_code.co_name.startswith("complete_") for frame, _ in frames)


def _log_once(error: GraphQLError, cause: Exception, logged: set[tuple[str, str]]) -> None:
    """One line for a bug, however many rows of the answer it struck."""
    told = describe(cause)
    key = told["error"], told["where"]
    if key not in logged:
        logged.add(key)
        path = ".".join(str(each) for each in error.path or ())
        log.error("resolver_failed", path=cut(path), **told)


def _coded(error: GraphQLError, code: Code) -> GraphQLError:
    return GraphQLError(
        cut(_FOUND_TEXT.sub(r"\1.", _FOUND.sub(".", error.message))),
        error.nodes,
        error.source,
        error.positions,
        error.path,
        extensions={"code": str(code)},
    )
