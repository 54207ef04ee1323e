"""G20: programs that are made to attack find nothing at a server as it is in production."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2
from joserfc.jwk import ECKey, RSAKey

from app.demo import demo_id
from schema import schema
from tests.forgeries import forged
from tests.forgeries.forger import Forger
from tests.reliability import cop
from tests.reliability.fuzzing import Fuzz, fuzz, unexplained
from tests.reliability.gates import Measured, run
from tests.reliability.outsiders import Missing, program
from tests.reliability.places import Served, on_sqlite, served
from tests.serving import ROOT, token

REST, GRAPHQL = 50, 25  # seconds of Schemathesis
LEAST = 100  # requests of each
AUDITS = 61
WORDS = ("organizations", "teams", "totalCount", "items", "name", "noFieldOfThisName")
QUESTION = {"query": "{ viewer { user { id } } }"}
Row = tuple[bool, str]


def copped(server: Served) -> Row:
    """graphql-cop, of a caller without a token; with a public graph it would find four."""
    found = cop.findings(server.base)
    told = f": {', '.join(found)}" if found else ""
    return not found, f"graphql-cop {len(found)} of {len(cop.CHECKS)}{told}"


def forging(server: Served, keys: tuple[RSAKey, ECKey]) -> Row:
    """Forged tokens at both doors; a good one is taken, so that the others could be."""
    admin, member = (str(demo_id("user", name)) for name in ("admin", "member"))
    own, now = token(server.place.folder, member), int(time.time())
    payload = {"iss": "meshgraph", "sub": admin, "iat": now, "exp": now + 600}
    tokens = forged(Forger(payload, own, *keys, others=(admin,)))
    with httpx2.Client(base_url=server.base, trust_env=False) as client:
        accepted = [name for name, each in tokens.items() if _is_taken(client, each)]
        taken = _is_taken(client, own)
    told = f" ({accepted[0]})" if accepted else ""
    return taken and not accepted, f"{len(accepted)} of {len(tokens)} forged tokens accepted{told}"


def _is_taken(client: httpx2.Client, credential: str) -> bool:
    headers = {b"Authorization": f"Bearer {credential}".encode()}
    rest = client.get("/api/identity/users/profile", headers=headers)
    graph = client.post("/graphql", json=QUESTION, headers=headers)
    statuses = {rest.status_code, graph.status_code}
    assert statuses in ({200}, {401}), (credential, statuses)
    return statuses == {200}


def clairvoyant(server: Served, folder: Path) -> Row:
    """Clairvoyance with its own words; and with few of ours and a token, when it does find some."""
    found = _fields(server, folder / "anonymous.json")
    words = folder / "words.txt"
    words.write_text("\n".join(WORDS))
    known = _fields(server, folder / "known.json", "-w", str(words), "-H", _bearer(server))
    said = f"clairvoyance {len(found)} fields"
    return not found and bool(known), f"{said} ({len(known)} with a token and {len(WORDS)} words)"


def _bearer(server: Served) -> str:
    return f"Authorization: Bearer {server.place.token}"


def _fields(server: Served, output: Path, *options: str) -> set[str]:
    """The fields of the graph that it has in its answer; it leaves none where it gives up."""
    command = [str(program("clairvoyance")), f"{server.base}/graphql", "-o", str(output), *options]
    subprocess.run(command, capture_output=True, check=False, timeout=60)
    if not output.is_file():
        return set()
    real = schema._schema.type_map
    types = json.loads(output.read_text("utf-8"))["data"]["__schema"]["types"]
    found = {(each["name"], field["name"]) for each in types for field in each.get("fields") or ()}
    return {f"{name}.{field}" for name, field in found if field in _names(real.get(name))}


def _names(type_: Any) -> set[str]:
    return set(getattr(type_, "fields", ()))


def audited(server: Served) -> Row:
    """The audits of graphql-http, at the graph itself."""
    folder, node = ROOT / "tests" / "audit", shutil.which("node")
    if node is None or not (folder / "node_modules" / "graphql-http").is_dir():
        return True, "audits of graphql-http not installed"
    command = [node, str(folder / "audit.mjs"), f"{server.base}/graphql", server.place.token]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    good = sum(each["status"] == "ok" for each in json.loads(done.stdout))
    return good == AUDITS, f"graphql-http {good} of {AUDITS} audits passed"


def judged(name: str, run: Fuzz) -> Row:
    """What Schemathesis found in the end; flaws are printed."""
    findings, requests = run.findings()
    flaws = unexplained(findings)
    for flaw in flaws[:20]:
        print(flaw)
    enough = requests >= LEAST
    return enough and not flaws, f"schemathesis {len(flaws)} findings in {requests} {name} requests"


def attacks(server: Served, keys: tuple[RSAKey, ECKey], folder: Path) -> list[Row]:
    """All of them; the longest goes on beside the others, as the user who may do anything."""
    try:
        rest = fuzz(f"{server.base}/openapi.json", server.place.token, folder, seconds=REST)
        rows = [copped(server), forging(server, keys), audited(server), clairvoyant(server, folder)]
        graph = fuzz(f"{server.base}/graphql", server.place.token, folder, seconds=GRAPHQL)
    except Missing as missing:
        return [(False, str(missing)), copped(server), forging(server, keys), audited(server)]
    return [*rows, judged("REST", rest), judged("GraphQL", graph)]


def warm(server: Served) -> None:
    """Have the worker processes started: the first who needs them waits for that."""
    design = {"design": {"name": "x", "components": [], "relationships": []}}
    httpx2.post(f"{server.base}/evaluate", json=design, headers=server.place.headers, timeout=60)


def measure() -> Measured:
    rsa, ec = RSAKey.generate_key(2048), ECKey.generate_key("P-256")
    keys: dict[str, RSAKey | ECKey] = {"r": rsa, "e": ec}
    with on_sqlite() as place, tempfile.TemporaryDirectory() as made:
        known = [{**key.as_dict(private=False), "kid": kid} for kid, key in keys.items()]
        file = place.folder / "keys.json"
        file.write_text(json.dumps({"keys": known}))
        # Each forgery is to be judged, and none refused because there were too many.
        with served(place, JWKS_FILE=file, GUESSES="warn") as server:
            warm(server)
            rows = attacks(server, (rsa, ec), Path(made))
    return Measured(all(good for good, _ in rows), "; ".join(said for _, said in rows))


if __name__ == "__main__":
    run("attackers", measure)
