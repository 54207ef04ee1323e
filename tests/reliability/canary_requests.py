"""Every mutation, every endpoint, every transport: what is asked, and what comes back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx2
from graphql import get_named_type, is_leaf_type
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from app.demo import demo_id
from rest_compat.documents import Operation, load
from rest_compat.endpoints import ENDPOINTS, Endpoint
from tests.canaries import Canary, found
from tests.reliability.canary_inputs import GOOD, GRAPH, Inputs, document, selection
from tests.serving import HOST

PAGES = (
    "/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/rest-map",
    "/rest-map/registerConnection", "/rest-ledger", "/rest-ledger?format=json", "/nothing",
)  # fmt: skip
IDS = {
    "orgId": "organization/cooperative", "organization_id": "organization/cooperative",
    "teamId": "team/platform", "userId": "user/member", "environmentId": "environment/production",
    "connectionId": "connection/metrics", "mesheryServerId": "server/none", "id": "event/shop",
}  # fmt: skip
#: Members of bodies that are what their callers like, and no secrets.
FREE = {"metadata", "preferences", "design", "options", "credentialSecret"}
OPERATIONS = load(GRAPH)
REFUSED = 500


@dataclass
class Told:
    """What came back, looked at as it comes."""

    canaries: list[Canary]
    leaks: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    samples: dict[str, str] = field(default_factory=dict)

    def look(self, where: str, content: bytes, *, own: frozenset[str] = frozenset()) -> None:
        """Note the canaries in it, but for those that whoever asked may see."""
        for name in found(content, [each for each in self.canaries if each.name not in own]):
            self.leaks[f"{name} in {where}"] += 1
            self.samples.setdefault(f"{name} in {where}", self._around(name, content))

    def _around(self, name: str, content: bytes) -> str:
        plain = next(each for each in self.canaries if each.name == name).text.encode()
        place = content.find(plain)
        return repr(content[max(0, place - 160) : place + 60])


@dataclass
class Caller:
    """Sends requests, and has every answer looked at."""

    client: httpx2.Client
    told: Told
    inputs: Inputs
    tokens: Mapping[str, str]

    def send(
        self, method: str, path: str, *, person: str | None = "admin", own: str = "", **sent: Any
    ) -> httpx2.Response:
        headers = {**({"Authorization": f"Bearer {self.tokens[person]}"} if person else {})}
        answer = self.client.request(
            method, path, headers=headers | sent.pop("headers", {}), **sent
        )
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        where = f"the answer to {method} {path.split('?', maxsplit=1)[0]}"
        self.told.look(
            where, head.encode() + answer.content, own=frozenset(own.split()) | {"value"}
        )
        self.told.statuses[answer.status_code] += 1
        return answer

    def ask(self, query: str, given: Any = None, **sent: Any) -> Any:
        """Ask the graph; a value that is no JSON for the client is sent as it is written."""
        body = json.dumps(
            {"query": query, "variables": {"input": given} if given is not None else {}}
        )
        headers = {"Content-Type": "application/json", **sent.pop("headers", {})}
        answer = self.send("POST", "/graphql", content=body.encode(), headers=headers, **sent)
        return answer.json() if "json" in answer.headers.get("content-type", "") else None

    def good(self) -> set[str]:
        """Run every mutation; returns those that were done."""
        done = set()
        for name, given in GOOD:
            answer = self.ask(document(name), self.inputs.filled(given))
            if answer and "errors" not in answer:
                done.add(name)
                self.inputs.made[name] = _made(answer["data"][name]) or self.inputs.made.get(
                    name, ""
                )
        return done

    def spoiled(self) -> None:
        """Every mutation with inputs that are refused, as variables and written out in turn."""
        for name, given in GOOD:
            good = self.inputs.filled(given)
            for number, each in enumerate(self.inputs.spoiled(name, good)):
                written = number % 2 == 0
                self.ask(document(name, each if written else None), None if written else each)
        for name, each in self.inputs.fetching():
            self.ask(document(name), each)

    def strangers(self) -> None:
        """Callers with a secret for a token, in each place where there may be one."""
        secret = self.inputs.canaries["token"].text
        for headers in (
            {"Authorization": f"Bearer {secret}"}, {"Authorization": secret},
            {"Authorization": f"Basic {secret}"}, {"Cookie": f"token={secret}"},
            {"Authorization": f"Bearer {self.tokens['admin'][:-5]}{secret}"},
            {"Traceparent": secret, "X-Request-Id": f"\x7f{secret}"},
        ):  # fmt: skip
            for method, path in (
                ("GET", "/api/identity/orgs"),
                ("GET", "/rest-ledger"),
                ("GET", "/api/users"),
            ):
                self.send(method, path, person=None, headers=headers)
            self.ask("{ viewer { user { email } } }", person=None, headers=headers)
            stream = {**headers, "Accept": "text/event-stream"}
            self.ask("subscription { events { id } }", person=None, headers=stream)
        self.send("GET", f"/graphql?query={{__typename}}&token={secret}")
        self.send("GET", f"/api/identity/orgs?access_token={secret}&token={secret}")

    def keyed(self) -> None:
        """An answer with a secret in it that is kept for its key, and told to its owner again."""
        name, given = GOOD[12]
        query = document(name).replace("connection {", "connection { kubernetesContext ", 1)
        for good in (given, given, {**given, "name": "other"}):
            headers = {"Idempotency-Key": "canary"}
            answer = self.ask(query, self.inputs.filled(good), headers=headers, own="context")
            if answer.get("data"):
                self.inputs.made[name] = _made(answer["data"][name]) or ""

    def owner(self) -> bool:
        """Whether the owner of a connection gets its secret, which nobody else does."""
        place = self.inputs.made["createConnection"]
        path = f"/api/integrations/connections/kubernetes/{place}/context"
        query = f'{{ connection(id: "{place}") {{ kubernetesContext }} }}'
        for person in ("member", "outsider"):
            self.send("GET", path, person=person)
            self.ask(query, person=person)
        self.ask(query, own="context")
        answer = self.send("GET", path, own="context")
        return self.inputs.canaries["context"].is_in(answer.content)

    def read(self) -> None:
        """All lists of the graph with all that a row tells of itself, and all pages."""
        assert GRAPH.query_type is not None
        for person in self.tokens:
            for name, given in GRAPH.query_type.fields.items():
                kind = get_named_type(given.type)
                if not is_leaf_type(kind) and name != "nodes" and "id" not in given.args:
                    self.ask(f"{{ {name} {selection(kind, 1)} }}", person=person)
                    self.ask(f"{{ {name}(pageSize: 100) {{ items {_row(kind)} }} }}", person=person)
            for page in PAGES:
                self.send("GET", page, person=person)
        self.send("GET", "/graphql", headers={"Accept": "text/html"})

    def endpoints(self, most: int | None = None) -> None:
        """Every endpoint, asked as it should be and then otherwise; what deletes comes last."""
        for row in sorted(ENDPOINTS, key=lambda each: each.method == "DELETE"):
            operation = OPERATIONS[row.operation]
            path = row.path
            for name, named in IDS.items():
                path = path.replace("{" + name + "}", str(demo_id(*named.split("/"))))
            for sent in islice(self._bodies(row, operation), most):
                self.send(row.method, path, **sent)

    def _bodies(self, row: Endpoint, operation: Operation) -> Iterator[dict[str, Any]]:
        secret = self.inputs.canaries["credential"].text
        names = [each.name for each in operation.variables if not each.name.startswith("_")]
        if row.method in {"GET", "DELETE"}:
            yield {}
            yield {
                "params": {
                    **dict.fromkeys(names, self.inputs.canaries["value"].text),
                    "token": secret,
                }
            }
            yield {"content": json.dumps({"credential_secret": secret}).encode()}
            return
        good: dict[str, Any] = {name: self._value(name) for name in names}
        text = json.dumps(good)
        yield from (
            {"json": good, "headers": each} for each in ({}, {"Idempotency-Key": row.operation})
        )
        plain = [name for name in names if name not in FREE]
        yield from ({"json": {**good, name: {"token": secret}}} for name in plain)
        yield {"json": [{**good, "credential_secret": secret}]}
        yield {"json": {**good, "credential_secret": secret, "extra": secret}}
        yield {"content": f'{{"credential_secret": "{secret}", {text[1:-3]}'.encode()}
        twice = ", ".join([f'"credential_secret": "{secret}"'] * 2)
        yield {"content": f"{{{twice}}}".encode()}
        yield {"content": f'{{"credential_secret": "{secret}\\u0000"}}'.encode()}
        yield {"data": {"credential_secret": secret, "url": secret}}
        yield {
            "files": {"file": ("a.yaml", f"a: [{secret}".encode())},
            "data": {"credential_secret": secret},
        }

    def _value(self, name: str) -> Any:
        if name in IDS:
            return str(demo_id(*IDS[name].split("/")))
        if name == "credentialSecret":
            return {"token": self.inputs.canaries["credential"].text}
        kinds: dict[str, Any] = {
            "metadata": {},
            "preferences": {},
            "design": {},
            "status": "connected",
            "url": None,
        }
        return kinds.get(name, self.inputs.canaries["value"].text)

    def sockets(self, port: int) -> None:
        """Sockets that are opened with a secret, and mutations and events over one that is open."""
        secret = self.inputs.canaries["token"].text
        good = {"Authorization": f"Bearer {self.tokens['admin']}"}
        name, given = GOOD[12]
        asked: list[Any] = [{"query": "subscription { events { id description metadata } }"}]
        asked += [
            {"query": document(name), "variables": {"input": each}}
            for each in (
                self.inputs.filled(given),
                *self.inputs.spoiled(name, self.inputs.filled(given)),
            )
        ]
        self._socket(port, {"Authorization": f"Bearer {secret}"}, asked[:1])
        self._socket(port, {"token": {"token": secret}}, asked[:1])
        self._socket(port, {"token": secret}, asked[:1])
        for start in range(0, len(asked), 30):
            self._socket(port, good, [asked[0], *asked[start : start + 30]])

    def _socket(self, port: int, payload: Any, asked: list[Any]) -> None:
        """What a socket says until it is quiet or closed."""
        heard: list[str] = []
        with connect(
            f"ws://{HOST}:{port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]
        ) as socket:
            socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            for number, each in enumerate(asked):
                socket.send(json.dumps({"type": "subscribe", "id": str(number), "payload": each}))
            try:
                while True:
                    heard.append(str(socket.recv(timeout=0.5)))
            except TimeoutError:
                pass
            except ConnectionClosed as closed:
                heard.append(str(closed))
        self.told.look("what a socket heard", "\n".join(heard).encode(), own=frozenset({"value"}))


def _row(kind: Any) -> str:
    items = getattr(kind, "fields", {}).get("items")
    return "{ __typename }" if items is None else selection(get_named_type(items.type), 2)


def _made(payload: Any) -> str | None:
    """The id of what a mutation made."""
    rows = [each for each in payload.values() if isinstance(each, dict) and "id" in each]
    return rows[0]["id"] if rows else None
