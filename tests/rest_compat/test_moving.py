"""Traffic of a caller → what it called, and the queries that replace it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, parse, validate

from rest_compat.endpoints import ENDPOINTS
from rest_compat.moving import captures, sources
from rest_compat.moving.calls import Call
from rest_compat.moving.lines import read_line
from rest_compat.moving.report import found_in, report, single_documents, write_documents
from rest_compat.moving.sources import Source
from rest_compat.moving.study import Study, UnknownFields
from rest_compat.moving.traffic import MOST_CALLS, MOST_CLIENTS, Bursts, Known

TRAFFIC = Path(__file__).parent / "traffic"
IDS = [f"00000000-0000-7000-8000-{number:012}" for number in range(40)]
ORGS = "/api/identity/orgs"
TEAMS = "/api/identity/teams"


def permitted(_source: str, _variables: Any) -> None:
    """A service that refuses nothing."""


def call(target: str, at: float = 0, client: str = "c", status: int = 200, **more: Any) -> Call:
    return Call(client, more.pop("method", "GET"), target, status, at=at, **more)


def studied(graph: GraphQLSchema, *calls: Call, window: float = 30, **options: Any) -> Study:
    study = Study(graph, window, **options)
    study.follow(calls)
    return study


def shapes(study: Study) -> list[str]:
    return [each.document.name for each in found_in(study, permitted)]


def read_file(graph: GraphQLSchema, name: str, **options: Any) -> tuple[Study, Source]:
    with (TRAFFIC / name).open("rb") as file:
        source = Source(file)
        study = Study(graph, 30, **options)
        study.follow(source.calls())
    return study, source


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            '10.0.0.1 - ann [27/Nov/2026:02:00:00 +0100] "GET /a?b=%20c HTTP/1.1" 200 12 "-" "x/1"',
            Call("10.0.0.1 ann x/1", "GET", "/a?b=%20c", 200, 12, 1795741200),
        ),
        (
            '::1 - - [27/Nov/2026:01:00:00 +0000] "POST /a HTTP/2.0" 204 -',
            Call("::1", "POST", "/a", 204, 0, 1795741200),
        ),
        (
            '1.1.1.1 - - [yesterday] "GET /a" 200 1 "-" "say \\"hi\\""',
            Call('1.1.1.1 say \\"hi\\"', "GET", "/a", 200, 1, 0),
        ),
        (
            '{"ts":5,"request":{"remote_ip":"::1","method":"GET","uri":"/a"},"status":404,"size":7}',
            Call("::1", "GET", "/a", 404, 7, 5),
        ),
        (
            '{"event":"request","method":"PUT","path":"/","status":200,"timestamp":"1970-01-01"}',
            Call("unknown", "PUT", "/", 200, 0, 0),
        ),
        ('{"event":"slow","method":"PUT","path":"/a"}', None),
        ('{"ts":"x","request":[],"status":404}', None),
        ('{"ts":1e999,"request":{"method":"GET","uri":"/"},"status":"many"}', None),
        ("{" * 10_000, None),
        ('{"a":' + "[" * 30_000, None),
        ('1.1.1.1 - - [x] "\\x16\\x03\\x01" 400 150', None),
        ("a b c [ [ [ [ [", None),
        ("\x00\x01", None),
        ("", None),
    ],
)
def test_a_line_tells_of_a_call_or_of_none(line: str, expected: Call | None) -> None:
    assert read_line(line) == expected


def test_a_line_costs_time_in_its_length_alone() -> None:
    """Shapes that make careless expressions try again and again."""
    for unit in ("a ", "[", '"', "\\", '" "', "a - - [", '] "GET '):
        assert read_line("a - - [" + unit * 20_000) is None


def test_the_loops_of_an_access_log(graph: GraphQLSchema) -> None:
    study, source = read_file(graph, "access.log")
    assert (source.read, source.skipped, study.others) == (57, 0, 9)
    counted = {name: (use.calls, use.errors) for name, use in study.uses.items()}
    assert counted == {
        "getOrgs": (2, 0), "getTeams": (8, 0), "getTeamUsers": (24, 0), "getConnections": (5, 0),
        "getConnectionById": (7, 1), "getEnvironments": (1, 0), "createEnvironment": (1, 0),
    }  # fmt: skip
    found = found_in(study, permitted)
    told = {each.document.name: (each.loop.times, each.loop.calls) for each in found}
    assert told == {
        "getOrgs_getTeams_getTeamUsers": (2, 34),
        "getConnectionById_nodes": (1, 6),
        "getConnections_all": (1, 5),
    }
    assert found[0].document.variables == {
        "pagesize": 25, "order": {"field": "NAME", "direction": "ASC"},
        "getTeamsPagesize": 25, "getTeamUsersPagesize": 25,
    }  # fmt: skip
    text = "\n".join(report(study, source, found))
    assert "guessed from their order" in text
    assert "| 53,040 | ~53,040 |" in text


def test_a_capture_shows_which_answer_led_where(graph: GraphQLSchema) -> None:
    study, source = read_file(graph, "capture.har", fields=("name", "email"))
    (found,) = found_in(study, permitted)
    assert found.document.name == "getOrgs_getTeams_getTeamUsers_getUserProfileById"
    assert "user {\n                email" in found.document.source
    assert study.uses["getUserProfileById"].needed == 6 * len('{"email":"ann@example.org"}')
    text = "\n".join(report(study, source, [found]))
    assert "guessed" not in text
    assert "SECRET" not in text + json.dumps([vars(each) for each in single_documents(study)])


def test_our_own_log_tells_of_no_sizes(graph: GraphQLSchema) -> None:
    study, source = read_file(graph, "own.log")
    assert shapes(study) == ["getOrg_nodes"]
    assert "| 3 | 0 | – | – |" in "\n".join(report(study, source, []))


def test_paths_of_a_proxy_have_a_prefix(graph: GraphQLSchema) -> None:
    assert read_file(graph, "caddy.log")[0].others == 3
    study, _ = read_file(graph, "caddy.log", prefix="/mesh")
    assert (study.others, shapes(study)) == (0, ["getUsersForOrg_nodes"])


@pytest.mark.parametrize("name", ["access.log", "capture.har", "own.log"])
@pytest.mark.parametrize("fields", [None, ("name",), ("email", "id")])
def test_every_document_is_valid_and_alone_in_its_file(
    graph: GraphQLSchema, tmp_path: Path, name: str, fields: tuple[str, ...] | None
) -> None:
    study, _ = read_file(graph, name, fields=fields)
    documents = [*(each.document for each in found_in(study, permitted)), *single_documents(study)]
    write_documents(tmp_path, documents)
    files = sorted(tmp_path.glob("*.graphql"))
    assert len(files) == len(documents) > 0
    for file in files:
        parsed = parse(file.read_text("utf-8"))
        assert validate(graph, parsed) == []
        variables = json.loads(file.with_suffix(".variables.json").read_text("utf-8"))
        assert isinstance(variables, dict)


def test_no_loop_of_few_of_many_clients_or_with_long_pauses(graph: GraphQLSchema) -> None:
    few = [call(f"{ORGS}/{each}") for each in IDS[:2]]
    many = [call(f"{ORGS}/{each}", client=each) for each in IDS[:5]]
    slow = [call(f"{ORGS}/{each}", at=100 * number) for number, each in enumerate(IDS[:5])]
    same = [call(f"{ORGS}/{IDS[0]}") for _ in range(9)]
    failed = [call(f"{ORGS}/{each}", status=404) for each in IDS[:9]]
    for calls in (few, many, slow, same, failed):
        assert shapes(studied(graph, *calls)) == []
    assert shapes(studied(graph, *slow, window=200)) == ["getOrg_nodes"]


def test_what_differs_in_more_than_an_id_is_no_loop(graph: GraphQLSchema) -> None:
    calls = [call(f"{ORGS}/{each}/teams?search={each}") for each in IDS[:5]]
    assert shapes(studied(graph, *calls)) == []


LISTS = (
    (f"{ORGS}?pagesize=5", f"{ORGS}/{{}}/teams", "organizations", "teams"),
    (f"{ORGS}?pagesize=5", f"{ORGS}/{{}}/users", "organizations", "users"),
    (f"{ORGS}?pagesize=5", f"{ORGS}/{{}}", "organizations", "description"),
    (f"{ORGS}?pagesize=5", "/api/environments?orgId={}", "organizations", "environments"),
    (f"{ORGS}?pagesize=5", f"{ORGS}/{{}}/users/keys", "organizations", "viewerKeys"),
    (f"{ORGS}/{IDS[30]}/teams", f"{ORGS}/{IDS[30]}/teams/{{}}", "organization", "teams"),
    (f"{ORGS}/{IDS[30]}/teams", f"{ORGS}/{IDS[30]}/teams/{{}}/users", "teams", "usersNotInTeam"),
    (f"{ORGS}/{IDS[30]}/teams", f"{TEAMS}/{{}}/users", "organization", "memberships"),
    (
        f"/api/environments?orgId={IDS[30]}",
        "/api/environments/{}/connections",
        "environments",
        "connections",
    ),
    (
        "/api/integrations/connections",
        "/api/integrations/connections/{}",
        "connections",
        "environments",
    ),
    (
        "/api/integrations/connections",
        "/api/integrations/connections/kubernetes/{}/context",
        "connections",
        "kubernetesContext",
    ),
    (f"{ORGS}/{IDS[30]}/users", "/api/identity/users/profile/{}", "users", "lastLoginTime"),
)


@pytest.mark.parametrize(("first", "then", "outer", "inner"), LISTS)
@pytest.mark.parametrize("known", [True, False])
def test_a_list_and_something_of_each_item(  # noqa: PLR0917 - what pytest gives has names
    graph: GraphQLSchema, first: str, then: str, outer: str, inner: str, known: bool
) -> None:
    body = {"page": 0, "items": [{"id": each} for each in IDS[:4]]} if known else None
    calls = [call(first, body=body), *(call(then.format(each)) for each in IDS[:4])]
    (found,) = found_in(studied(graph, *calls), permitted)
    assert found.loop.calls == 5
    assert f" {outer}" in found.document.source
    assert f" {inner}" in found.document.source
    assert not any(each in found.document.source for each in IDS)


@pytest.mark.parametrize(("first", "then", "outer", "inner"), LISTS)
def test_an_answer_without_the_ids_led_nowhere(
    graph: GraphQLSchema, first: str, then: str, outer: str, inner: str
) -> None:
    del outer, inner
    body = {"items": [{"id": each} for each in IDS[20:25]]}
    calls = [call(first, body=body), *(call(then.format(each)) for each in IDS[:4])]
    names = shapes(studied(graph, *calls))
    assert [name.endswith("_nodes") for name in names] == [True]


def test_several_things_of_each_item_are_one_query(graph: GraphQLSchema) -> None:
    calls = [call(ORGS)]
    for each in IDS[:3]:
        calls += [call(f"{ORGS}/{each}/teams?pagesize=7"), call(f"{ORGS}/{each}/users?pagesize=9")]
    (found,) = found_in(studied(graph, *calls), permitted)
    assert found.document.variables == {
        "pagesize": 10, "getTeamsPagesize": 7, "getUsersForOrgPagesize": 9,
    }  # fmt: skip


def test_two_lists_of_one_name_have_two(graph: GraphQLSchema) -> None:
    """A connection has a hundred of its environments already."""
    calls = [call("/api/integrations/connections")]
    calls += [call(f"/api/integrations/connections/{each}") for each in IDS[:3]]
    (found,) = found_in(studied(graph, *calls), permitted)
    assert found.document.source.count("environments(") == 1


@pytest.mark.parametrize("row", [each for each in ENDPOINTS if each.method == "GET"])
def test_whatever_is_called_in_a_loop_has_a_valid_query(graph: GraphQLSchema, row: Any) -> None:
    """For each id in the path of each endpoint, and for pages."""
    names = [part for part in row.path.split("/") if part.startswith("{")]
    query = f"?orgId={IDS[39]}" if row.operation.startswith("getEnvironment") else ""
    for name in names:
        path = row.path
        for other in names:
            path = path.replace(other, "{}" if other == name else IDS[38])
        study = studied(graph, *(call(path.format(each) + query) for each in IDS[:3]))
        assert len(found_in(study, permitted)) <= 1  # it raises for one that is not valid
    path = row.path
    for name in names:
        path = path.replace(name, IDS[38])
    sign = "&" if query else "?"
    study = studied(graph, *(call(f"{path}{query}{sign}page={page}") for page in range(3)))
    for found in found_in(study, permitted):
        assert found.document.variables["all"] is True


def test_a_query_that_is_refused_asks_for_smaller_pages(graph: GraphQLSchema) -> None:
    def refusal(_source: str, variables: Any) -> str | None:
        product = variables["pagesize"] * variables["getTeamsPagesize"]
        return "too much" if product > 400 else None

    calls = [call(f"{ORGS}?pagesize=50"), *(call(f"{ORGS}/{i}/teams?pagesize=50") for i in IDS[:3])]
    (found,) = found_in(studied(graph, *calls), refusal)
    assert found.document.variables == {"pagesize": 25, "getTeamsPagesize": 12}
    assert "smaller" in found.document.notes[0]
    (found,) = found_in(studied(graph, *calls), lambda *_: "never")
    assert found.document.notes[-1] == "The service refuses it as it stands: never"


def test_unknown_fields_are_named(graph: GraphQLSchema) -> None:
    with pytest.raises(UnknownFields, match="nothing, neither"):
        Study(graph, 30, ("name", "nothing", "neither"))


def test_text_from_outside_is_no_markdown(graph: GraphQLSchema) -> None:
    client = "1.1.1.1 | <b>`x`</b> [y](z)\n# h"
    calls = [call(f"{ORGS}/{each}", client=client) for each in IDS[:3]]
    study = studied(graph, *calls)
    text = "\n".join(report(study, Source(io.BytesIO()), found_in(study, permitted)))
    assert r"\| \<b\>\`x\`\</b\> \[y\](z) \# h" in text


def capture(*entries: Any) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def entry(target: str = ORGS, **content: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-11-27T09:00:00Z",
        "request": {"method": "get", "url": f"https://h.example{target}"},
        "response": {"status": 200, "content": {"mimeType": "application/json", **content}},
    }


DEEP = '{"log":{"entries":[{"a":' + "[" * 200_000


@pytest.mark.parametrize(
    ("raw", "count", "skipped", "problem"),
    [
        (capture(entry(), entry()), 2, 0, None),
        (b"\xef\xbb\xbf\n " + capture(entry()), 1, 0, None),
        (capture(entry(), {}, {"request": 5}, entry()), 4, 2, None),
        (capture(entry(text="{", size=-5), entry(text="!", encoding="base64")), 2, 0, None),
        (capture(entry(text="[" * 100_000)), 1, 0, None),
        (capture(entry(text='{"organizations":' + "[" * 900 + "]" * 900 + "}")), 1, 0, None),
        (capture(5, "x", None, entry()), 1, 0, None),
        (capture(entry(), entry())[:-30], 1, 0, "Reading stopped after 1 entries"),
        (DEEP.encode(), 0, 0, "nested deeper than 100 levels"),
        (capture(entry(), entry(text="x" * 2 * captures.LONGEST_ENTRY)), 1, 0, "is longer than"),
        (b'{"log":{"entries":[\xff]}}', 0, 0, "Reading stopped after 0 entries"),
        (b'{"log":{"pages":[{"entries":[{"request":1}]}],"entries":{}}}', 0, 0, None),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_broken_capture_is_read_as_far_as_it_goes(
    graph: GraphQLSchema, raw: bytes, count: int, skipped: int, problem: str | None
) -> None:
    source = Source(io.BytesIO(raw))
    studied(graph, *source.calls())
    assert (source.read, source.skipped) == (count, skipped)
    assert (problem or "") in " ".join(source.problems)
    assert bool(source.problems) == (problem is not None)


class Endless(io.RawIOBase):
    """A file of that many bytes without an end of line, which nobody has in memory."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.largest = 0

    def seekable(self) -> bool:
        return True

    def seek(self, *_: int) -> int:
        return 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert size >= 0
        return self.readline(size)

    def readline(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert 0 <= size <= sources.LONGEST_LINE
        taken = min(size, self.left)
        self.left -= taken
        return b"x" * taken


def test_a_line_that_does_not_end_is_passed_over_in_pieces() -> None:
    source = Source(Endless(50_000_000))  # type: ignore[arg-type]
    assert list(source.calls()) == []
    assert (source.read, source.skipped) == (1, 1)


def test_long_lines_and_blank_ones(graph: GraphQLSchema) -> None:
    good = b'::1 - - [27/Nov/2026:01:00:00 +0000] "GET /api/users HTTP/1.1" 200 9\n'
    raw = b"x" * sources.LONGEST_LINE + b"\n" + good + b"\n \r\n" + b"y" * 200_000 + b"\n" + good
    source = Source(io.BytesIO(raw))
    assert studied(graph, *source.calls()).uses["getUsers"].calls == 2
    assert (source.read, source.skipped) == (4, 2)


def known(client: str, at: float) -> Known:
    return Known(ENDPOINTS[0], client, {}, 200, 0, 0.0, False, at, None)


def test_bursts_are_bounded_in_calls_and_in_clients() -> None:
    found = Bursts(30)

    def closed(calls: Iterator[Known]) -> int:
        return sum(len(burst) for each in calls for burst in found.add(each))

    assert closed(known("one", 0) for _ in range(MOST_CALLS + 1)) == MOST_CALLS
    clients = (known(str(number), 0) for number in range(MOST_CLIENTS + 5))
    assert closed(clients) == 6
    assert sum(map(len, found.rest())) == MOST_CLIENTS


@pytest.mark.parametrize(
    "target",
    ["http://[", "//", "", "/api/identity/orgs/", "/api//orgs", "*", "/api/nothing", "\udcff"],
)
def test_other_requests_are_counted_as_such(graph: GraphQLSchema, target: str) -> None:
    study = studied(graph, call(target), call(ORGS, method="PATCH"), call("/x", method="BREW"))
    assert (study.others, study.uses) == (3, {})


def test_parameters_that_are_refused_are_left_out(graph: GraphQLSchema) -> None:
    study = studied(graph, call("/api/environments?orgId=x&page=%ff", status=400))
    assert study.uses["getEnvironments"].errors == 1


def test_ids_around_the_one_that_differs_need_not_be_the_same(graph: GraphQLSchema) -> None:
    calls = [call(ORGS)]
    for org in IDS[:3]:
        calls.append(call(f"{ORGS}/{org}/teams"))
        calls += [call(f"{ORGS}/{org}/teams/{team}") for team in IDS[10:13]]
    assert shapes(studied(graph, *calls)) == ["getOrgs_getTeams_getTeamById"]
