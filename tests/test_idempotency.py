"""Requests with an idempotency key: done once, and answered alike, by REST and by GraphQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import preparing
from app.db.connections import Connection
from app.db.designs import Design
from app.db.engine import Store
from app.db.environments import Environment
from app.db.events import Event
from app.db.idempotency import idempotency_keys
from app.db.organizations import Organization
from app.db.teams import Team
from app.errors import BadInput
from app.idempotency import LONGEST, read_key
from resolvers import credentials, once
from tests import serving, stores
from tests.asking import count, patiently, rows
from tests.service import Service, opened
from tests.world import build

KEY = {"Idempotency-Key": '"8e03978e-40d5-43e8-bc93-6894a57f9324"'}
ENVIRONMENTS = "/api/environments"
CONNECTIONS = "/api/integrations/connections"
NEW = {"name": "New", "kind": "k", "type": "t", "subType": "s", "status": "connected"}
CREATE = """mutation ($name: String!, $org: ID!) {
  createTeam(input: {name: $name, organizationId: $org}) { team { id name } } }"""
TWO = """mutation ($name: String!, $org: ID!, $other: String!) {
  one: createTeam(input: {name: $name, organizationId: $org}) {
    team { id organizations { items { id } } } }
  two: createTeam(input: {name: $other, organizationId: $org}) { team { id } } }"""
MANIFEST = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


@pytest.fixture
async def rest(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    """The service on each engine, to be asked over HTTP."""
    async with opened("rest", database_url, tmp_path) as service:
        yield service


async def send(
    service: Service, method: str, path: str, person: str = "ann", **sent: Any
) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {service.token(person)}", **KEY, **sent.pop("headers", {})}
    return await patiently(lambda: service.client.request(method, path, headers=headers, **sent))


async def ask(service: Service, source: str, person: str = "ann", **variables: Any) -> Any:
    body = {"query": source, "variables": variables}
    response = await send(service, "POST", "/graphql", person, json=body)
    return response.json(), response.headers.get("idempotency-replayed")


def new_environment(service: Service, name: str = "New") -> dict[str, str]:
    return {"name": name, "organization_id": service.world["acme"]}


async def test_the_same_request_is_answered_alike_and_done_once(rest: Service) -> None:
    events = await count(rest, Event)
    first, second = [
        await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest)) for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"] == '"1"'
    replayed = [each.headers.get("idempotency-replayed") for each in (first, second)]
    assert replayed == [None, "true"]
    assert await count(rest, Environment) == 3
    assert await count(rest, Event) == events + 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", CONNECTIONS, NEW),
        ("POST", "/api/identity/orgs", {"name": "New"}),
        ("PUT", "/api/identity/orgs/{acme}", {"name": "Now"}),
        ("DELETE", "/api/identity/orgs/{acme}", None),
        ("DELETE", ENVIRONMENTS + "/{acme-env}", None),
        ("DELETE", ENVIRONMENTS + "/{acme-env}/connections/{acme-conn-1}", None),
        ("POST", "/api/identity/orgs/{acme}/teams/{acme-team}/users/cid", None),
        ("POST", "/api/identity/orgs/{acme}/teams/{acme-team}", {"action": "delete"}),
        ("POST", "/events", {"description": "Something"}),
    ],
)
async def test_every_kind_of_change(rest: Service, method: str, path: str, body: Any) -> None:
    """What is deleted is gone for the second request; it is answered as the first."""
    for name, row_id in rest.world.ids.items():
        path = path.replace(f"{{{name}}}", str(row_id))
    first = await send(rest, method, path, json=body)
    before = await stored(rest)
    second = await send(rest, method, path, json=body)
    assert first.is_success, first.text
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["idempotency-replayed"] == "true"
    assert await stored(rest) == before


async def stored(service: Service) -> list[tuple[Any, ...]]:
    return [
        (row.id, row.updated_at, row.deleted_at)
        for table in (Organization, Team, Environment, Connection, Event)
        for row in await rows(service, table)
    ]


async def test_over_graphql(rest: Service) -> None:
    first, second = [await ask(rest, CREATE, name="N", org=rest.world["acme"]) for _ in range(2)]
    assert "errors" not in first[0]
    assert second == (first[0], "true")
    assert first[1] is None
    assert await count(rest, Team) == 3


async def test_several_fields_are_one_request(rest: Service) -> None:
    """They are done as a whole or not at all."""
    given = {"name": "N", "org": rest.world["acme"]}
    answer, _ = await ask(rest, TWO, **given, other="")
    assert answer["errors"][0]["path"] == ["two"]
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert (await count(rest, Team), await keys(rest)) == (2, 0)
    first, second = [await ask(rest, TWO, **given, other="Other") for _ in range(2)]
    assert first[0]["data"]["one"]["team"]["organizations"]["items"] == [{"id": given["org"]}]
    assert second == (first[0], "true")
    assert await count(rest, Team) == 4
    assert [event.description for event in await rows(rest, Event)] == [
        "Created the team 'N'",
        "Created the team 'Other'",
    ]


async def test_another_request_with_the_key_is_refused(rest: Service) -> None:
    await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))
    other = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest, "Other"))
    assert other.status_code == 422
    assert other.headers["content-type"].startswith("text/plain")
    assert "Idempotency-Key" in other.text
    await ask(rest, CREATE, name="N", org=rest.world["acme"])
    answer, _ = await ask(rest, CREATE, name="Other", org=rest.world["acme"])
    assert answer["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert (await count(rest, Environment), await count(rest, Team)) == (3, 3)


async def test_members_may_come_in_any_order(rest: Service) -> None:
    body = new_environment(rest)
    first = await send(rest, "POST", ENVIRONMENTS, json=body)
    second = await send(rest, "POST", ENVIRONMENTS, json=dict(reversed(body.items())))
    assert second.content == first.content


async def test_a_key_is_for_one_operation(rest: Service) -> None:
    first = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))
    second = await send(rest, "POST", "/api/identity/orgs", json={"name": "New"})
    assert (first.status_code, second.status_code) == (201, 201)


async def test_a_key_is_its_callers(rest: Service) -> None:
    body = {"description": "Something"}
    first = await send(rest, "POST", "/events", json=body)
    second = await send(rest, "POST", "/events", "rae", json=body)
    assert "idempotency-replayed" not in second.headers
    assert (first.status_code, second.status_code) == (201, 201)
    assert await count(rest, Event) == 2
    refused = await send(rest, "POST", ENVIRONMENTS, "rae", json=new_environment(rest))
    allowed = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))
    again = await send(rest, "POST", ENVIRONMENTS, "rae", json=new_environment(rest))
    assert [each.status_code for each in (refused, allowed, again)] == [401, 201, 401]


async def test_who_is_nobody_is_told_so(rest: Service) -> None:
    body = new_environment(rest)
    await send(rest, "POST", ENVIRONMENTS, json=body)
    answer = await rest.client.post(ENVIRONMENTS, json=body, headers=KEY)
    assert answer.status_code == 401


async def test_bad_input_may_be_mended_and_sent_again(rest: Service) -> None:
    bad = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest, "x" * 101))
    assert bad.status_code == 400
    assert await keys(rest) == 0
    good = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))
    assert good.status_code == 201
    assert await count(rest, Environment) == 3


@pytest.mark.parametrize(
    "text", ['"', '""', "a b", "é", '"unfinished', "x" * (LONGEST + 1), 'a"b', '"a\\b"']
)
async def test_what_is_no_key(rest: Service, text: str) -> None:
    headers = {"Idempotency-Key": text.encode("latin-1")}
    answer = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest), headers=headers)
    assert answer.status_code == 400
    assert answer.text.startswith("Idempotency-Key: expected")
    assert await count(rest, Environment) == 2


def test_a_key_with_and_without_quotes_is_the_same() -> None:
    assert read_key('"abc"') == read_key(" abc ") == "abc"
    assert read_key('"a \\"b\\" \\\\"') == 'a "b" \\'
    with pytest.raises(BadInput):
        read_key('"a"; parameter=1')


async def test_a_key_expires(rest: Service) -> None:
    first = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))
    await age(rest, timedelta(hours=23))
    assert (await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))).json() == (
        first.json()
    )
    await age(rest, timedelta(hours=2))
    again = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest, "Other"))
    assert again.json()["name"] == "Other"
    assert await keys(rest) == 1


async def test_what_no_standby_has_is_not_told_again(
    postgresql: stores.PostgreSQL, postgres_url: str, tmp_path: Path
) -> None:
    """PostgreSQL waits for a standby that there is not; others see what the first one gave up."""
    body = {"name": "New", "organization_id": ""}
    async with opened("rest", postgres_url, tmp_path, MESHGRAPH_MUTATION_TIMEOUT="1") as service:
        body["organization_id"] = service.world["acme"]
        before = await count(service, Environment)
        async with postgresql.waiting_for("absent"):
            waited = [await send(service, "POST", ENVIRONMENTS, json=body) for _ in range(2)]
            assert await count(service, Environment) == before + 1
        told = await send(service, "POST", ENVIRONMENTS, json=body)
    assert [each.status_code for each in waited] == [503, 503]
    assert (told.status_code, told.headers["idempotency-replayed"]) == (201, "true")


async def test_expired_keys_are_pruned(rest: Service, database_url: str) -> None:
    await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))
    await age(rest, timedelta(hours=25))
    await send(rest, "POST", "/events", json={"description": "Something"})
    await rest.store.close()  # SQLite has one writing process
    assert await asyncio.to_thread(preparing.prune_keys, database_url) == 1
    assert await asyncio.to_thread(preparing.prune_keys, database_url) == 0


async def keys(service: Service) -> int:
    async with service.store.reading() as session:
        return len((await session.execute(idempotency_keys.select())).all())


async def age(service: Service, by: timedelta) -> None:
    async def work(session: AsyncSession) -> None:
        found = await session.execute(idempotency_keys.select())
        for row in found.all():
            statement = update(idempotency_keys).where(idempotency_keys.c.id == row.id)
            await session.execute(statement.values(expires_at=row.expires_at - by))

    await service.store.write(work)


async def test_forty_at_once_are_one(rest: Service) -> None:
    body = new_environment(rest)
    answers = await asyncio.gather(
        *(send(rest, "POST", ENVIRONMENTS, json=body) for _ in range(40))
    )
    assert {(each.status_code, each.content) for each in answers} == {(201, answers[0].content)}
    assert sum("idempotency-replayed" not in each.headers for each in answers) == 1
    assert await count(rest, Environment) == 3


async def test_forty_at_once_over_graphql(rest: Service) -> None:
    given = {"name": "New", "org": rest.world["acme"]}
    answers = await asyncio.gather(*(ask(rest, CREATE, **given) for _ in range(40)))
    ids = {answer["data"]["createTeam"]["team"]["id"] for answer, _ in answers}
    assert len(ids) == 1
    assert await count(rest, Team) == 3


async def test_without_a_key_each_counts(rest: Service) -> None:
    headers = {"Authorization": f"Bearer {rest.token('ann')}"}
    for _ in range(2):
        await rest.client.post(ENVIRONMENTS, json=new_environment(rest), headers=headers)
    assert await count(rest, Environment) == 4
    assert await keys(rest) == 0


async def test_an_import_is_read_once(rest: Service) -> None:
    answers = [
        await send(
            rest,
            "POST",
            "/api/pattern/import",
            files={"file": ("settings.yaml", MANIFEST)},
        )
        for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [200, 200], answers[0].text
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert await count(rest, Design) == 1
    other = await send(
        rest, "POST", "/api/pattern/import", files={"file": ("settings.yaml", MANIFEST + b"#\n")}
    )
    assert other.status_code == 422


async def test_an_import_comes_first_in_a_mutation(rest: Service) -> None:
    """It takes long, and the transaction of the key would be open all the while."""
    source = """mutation ($org: ID!) {
      createTeam(input: {name: "N", organizationId: $org}) { team { id } }
      evaluateDesign(input: {design: {}}) { design } }"""
    answer, _ = await ask(rest, source, org=rest.world["acme"])
    assert answer["errors"][0]["message"].startswith("evaluateDesign: with an Idempotency-Key")


async def test_an_answer_too_long_to_be_kept_changes_nothing(
    rest: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "LONGEST_ANSWER", 100)
    answer = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))
    assert (answer.status_code, "100 bytes at most" in answer.text) == (400, True)
    assert await count(rest, Environment) == 2
    monkeypatch.undo()
    assert (await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))).is_success


async def test_rights_that_the_request_changed_are_those_of_its_answer(rest: Service) -> None:
    """The payload of a new organization is seen by its owner, in the transaction that makes it."""
    source = """mutation { createOrganization(input: {name: "Own"}) {
      organization { name memberships { totalCount items { user { username } } } } } }"""
    (answer, _), (again, replayed) = [await ask(rest, source) for _ in range(2)]
    assert answer["data"]["createOrganization"]["organization"] == {
        "name": "Own",
        "memberships": {"totalCount": 1, "items": [{"user": {"username": "ann"}}]},
    }
    assert (again, replayed) == (answer, "true")


async def test_a_partial_answer_is_kept_with_its_errors(
    rest: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done is not done again because a field beside it could not be read."""

    async def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    source = """mutation ($id: ID!) { updateConnection(input: {connectionId: $id, name: "N"}) {
      connection { name kubernetesContext } } }"""
    given = {"id": rest.world["acme-conn-1"]}
    with monkeypatch.context() as patch:
        patch.setattr(credentials, "opened", fail)
        answer, _ = await ask(rest, source, **given)
    assert answer["data"]["updateConnection"]["connection"]["name"] == "N"
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert await ask(rest, source, **given) == (answer, "true")


async def test_what_is_kept_is_sealed(rest: Service) -> None:
    await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest, "Canary"))
    async with rest.store.reading() as session:
        (row,) = (await session.execute(idempotency_keys.select())).all()
    assert b"Canary" not in row.sealed
    assert str(row.id) not in KEY["Idempotency-Key"]


@pytest.mark.parametrize("committed", [False, True])
async def test_a_commit_that_is_not_acknowledged(
    rest: Service, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    """Whether the database did it or not, the caller has one answer, and there is one row."""
    whole = Store.transaction
    attempts: list[int] = []

    @asynccontextmanager
    async def losing(store: Store) -> AsyncIterator[AsyncSession]:
        attempts.append(1)
        if len(attempts) > 1:
            async with whole(store) as session:
                yield session
            return
        async with whole(store) as session:
            yield session
            if not committed:
                raise ConnectionResetError("lost")
        raise ConnectionResetError("lost")

    monkeypatch.setattr(Store, "transaction", losing)
    first = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))
    second = await send(rest, "POST", ENVIRONMENTS, json=new_environment(rest))
    assert (first.status_code, second.content) == (201, first.content)
    done = 1 if committed else 2
    # An answer that is told again waits on PostgreSQL, by a transaction, for what it tells of.
    again = 0 if rest.store.dialect == "sqlite" else 3 - done
    assert len(attempts) == done + again
    assert await count(rest, Environment) == 3
    assert await keys(rest) == 1


REQUESTS = 40


async def test_a_server_that_is_killed_has_done_each_request_once_or_not_at_all(
    database_url: str, tmp_path: Path
) -> None:
    """Whoever has no answer sends the same again; whoever has one is given the same again."""
    store = Store.open(database_url)
    world = await build(store)
    await store.close()
    port, token = serving.free_port(), serving.token(tmp_path, "ann")
    base = f"http://{serving.HOST}:{port}"
    headers = {"Authorization": f"Bearer {token}"}
    answers: dict[int, bytes] = {}

    async def send(client: httpx2.AsyncClient, number: int) -> bytes:
        body = {"name": f"E {number}", "organization_id": world["acme"]}
        key = {"Idempotency-Key": f"key-{number}"}
        answer = await patiently(lambda: client.post(ENVIRONMENTS, json=body, headers=key))
        assert answer.status_code == 201, answer.text
        return answer.content

    async with httpx2.AsyncClient(
        base_url=base, headers=headers, timeout=60, trust_env=False
    ) as client:
        with serving.serving(database_url, tmp_path, port) as process:

            async def work(number: int) -> None:
                with suppress(httpx2.TransportError):
                    answers[number] = await send(client, number)
                if len(answers) == REQUESTS // 4:
                    process.kill()

            await asyncio.gather(*(work(number) for number in range(REQUESTS)))
        assert len(answers) < REQUESTS
        with serving.serving(database_url, tmp_path, port):
            again = [await send(client, number) for number in range(REQUESTS)]
    assert {number: again[number] for number in answers} == answers
    store = Store.open(database_url)
    async with store.reading() as session:
        names = [row.name for row in await session.scalars(select(Environment))]
    await store.close()
    assert sorted(names) == sorted(
        [f"E {number}" for number in range(REQUESTS)] + ["acme env", "rival env"]
    )
