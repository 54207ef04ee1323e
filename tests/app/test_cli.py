"""The command line: what each command prints, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from graphql import build_schema
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import own_packages
from app.cli import main
from app.cli_serving import UNREAD, listening
from app.db.engine import Store
from app.db.keys import Role
from app.db.users import UserRole
from app.demo import demo_id
from app.own_packages import refuse_strangers
from app.permissions import Permission
from app.preparing import look
from rest_compat.endpoints import ENDPOINTS
from tests.content import MODEL, component, package
from tests.serving import ROOT, free_port

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with nothing in it, and no other setting."""
    for name in [name for name in os.environ if name.startswith("MESHGRAPH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MESHGRAPH_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def run(empty: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; gives its exit code, and what it printed and complained of."""
    del empty

    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, err = capsys.readouterr()
        code = ended.value.code
        return (1, out, f"{err}{code}\n") if isinstance(code, str) else (code or 0, out, err)

    return command


@pytest.fixture
def migrated(run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same, on a database of each engine that has its tables."""
    monkeypatch.setenv("MESHGRAPH_DATABASE_URL", database_url)
    return run


@pytest.fixture
def demo(migrated: Run) -> Run:
    """The same, with the demo data."""
    assert migrated("seed", "--demo") == (0, "", "")
    return migrated


def test_a_fresh_start(run: Run, empty: Path) -> None:
    assert run("check")[0] == 1
    assert run("migrate") == (0, "", "")
    assert (empty / "meshgraph.db").stat().st_mode & 0o777 == 0o600
    assert f"{len(Permission)} permission keys" in run("check")[2]
    assert run("seed") == (0, "", "")
    code, out, err = run("check")
    assert (code, err) == (0, "")
    assert out.startswith("All is well")


def test_check_names_every_wrong_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "high")
    monkeypatch.setenv("MESHGRAPH_MAX_DEPTH", "deep")
    code, _, err = run("check")
    assert code == 1
    assert "PORT must be" in err
    assert "MESHGRAPH_MAX_DEPTH must be" in err


@pytest.mark.parametrize(
    ("variable", "remedy"),
    [
        ("MESHGRAPH_MAX_DEPHT", "Is MESHGRAPH_MAX_DEPTH meant?"),
        ("MESHGRAPH_PORT", "Is PORT meant?"),
        ("MESHGRAPH_XYZZY", "Unset it."),
    ],
)
def test_check_of_a_setting_that_is_none(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, remedy: str
) -> None:
    monkeypatch.setenv(variable, "4")
    code, _, err = run("check")
    assert code == 1
    assert f"{variable} is no setting, and has no effect. {remedy}" in err


def test_check_of_a_database_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESHGRAPH_DATABASE_URL", f"postgresql://u:hidden@127.0.0.1:{free_port()}/d")
    code, _, err = run("check")
    assert code == 1
    assert err.startswith("The database cannot be used: ")
    assert "hidden" not in err


def test_check_of_secrets_that_others_can_read(run: Run, empty: Path) -> None:
    secret = empty / "jwt.secret"
    secret.write_bytes(bytes(32))
    secret.chmod(0o644)
    assert f"{secret} can be read by others. Run `chmod 600 {secret}`." in run("check")[2]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("jwt.secret", "short", "must have at least 32 bytes"),
        ("vault.keys", "not a key", "The master keys cannot be used"),
    ],
)
def test_check_of_keys(run: Run, empty: Path, file: str, content: str, said: str) -> None:
    path = empty / file
    path.write_text(content, "ascii")
    path.chmod(0o600)
    code, _, err = run("check")
    assert code == 1
    assert said in err


def test_check_of_a_key_set(run: Run, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty / "keys.json").write_text("{}", "ascii")
    monkeypatch.setenv("MESHGRAPH_JWKS_FILE", str(empty / "keys.json"))
    assert "MESHGRAPH_JWKS_FILE gives no key set" in run("check")[2]


@pytest.mark.parametrize("command", ["check", "serve"])
def test_a_file_of_deprecations_is_checked_before_anything_is_served(
    run: Run, empty: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    file = empty / "deprecations.toml"
    file.write_text("[getNothing]\nsince = 2026-12-01\n[getOrgs]\n", "ascii")
    monkeypatch.setenv("MESHGRAPH_DEPRECATIONS", str(file))
    code, _, err = run(command)
    assert code == 1
    assert f"{file}: [getNothing]: there is no such endpoint" in err
    assert f"{file}: [getOrgs]: `since` is missing" in err


def test_a_report_on_moving(run: Run, tmp_path: Path) -> None:
    log, folder = ROOT / "tests/rest_compat/traffic/access.log", tmp_path / "documents"
    code, out, err = run("migrate-report", str(log), "--output", str(folder), "--fields", "id,name")
    assert (code, err) == (0, f"10 documents in {folder}\n")
    assert "### 1. `getOrgs_getTeams_getTeamUsers`" in out
    assert len(list(folder.glob("*.graphql"))) == len(list(folder.glob("*.variables.json"))) == 10


def test_a_report_on_moving_is_of_fields_that_there_are(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "empty.log"
    log.touch()
    code, _, err = run("migrate-report", str(log), "--fields", "name,nonsense")
    assert code == 2
    assert "nonsense" in err
    code, out, _ = run("migrate-report", str(log))
    assert code == 0
    assert "None were found." in out


@pytest.mark.parametrize("command", ["check", "serve"])
def test_sqlite_is_served_by_one_process(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("MESHGRAPH_WORKERS", "2")
    code, _, err = run(command)
    assert code == 1
    assert "A SQLite file serves one process only" in err


def test_a_token_is_all_that_is_printed_and_names_the_subject(demo: Run, empty: Path) -> None:
    code, out, err = demo("token", "Member@Example.org", "--ttl", "60")
    assert (code, err, out.count("\n")) == (0, "", 1)
    key = OctKey.import_key((empty / "jwt.secret").read_bytes())
    claims = jwt.decode(out.strip(), key, algorithms=["HS256"]).claims
    assert claims["sub"] == str(demo_id("user", "member"))
    assert claims["email"] == "member@example.org"
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody@example.org",), "There is no user with the address nobody@example.org."),
        (("zoe@example.org",), "There is no user with the address zoe@example.org."),
        (("omar@example.org",), "The user omar@example.org is inactive and may not sign in."),
        (
            ("member@example.org", "--ttl", "86401"),
            "--ttl may be 86400 at most (MESHGRAPH_JWT_MAX_LIFETIME).",
        ),
    ],
)
def test_tokens_that_are_not_given(demo: Run, arguments: tuple[str, ...], said: str) -> None:
    assert demo("token", *arguments) == (1, "", f"meshgraph: {said}\n")


def test_no_token_without_the_algorithm_of_local_tokens(
    demo: Run, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESHGRAPH_JWT_ALGORITHMS", "RS256")
    monkeypatch.setenv("MESHGRAPH_JWKS_FILE", str(empty / "keys.json"))
    said = "MESHGRAPH_JWT_ALGORITHMS leaves out HS256: no local tokens."
    assert demo("token", "member@example.org") == (1, "", f"meshgraph: {said}\n")


def test_a_token_without_a_database(run: Run) -> None:
    code, out, err = run("token", "member@example.org")
    assert (code, out) == (1, "")
    assert err.startswith("meshgraph: the database: ")
    assert "Traceback" not in err


def test_the_demo_is_not_loaded_over_users(demo: Run) -> None:
    said = "The demo data needs a database without users; this one has some."
    assert demo("seed", "--demo") == (1, "", f"meshgraph: {said}\n")


def test_a_role_is_granted_once(demo: Run, database_url: str) -> None:
    async def held(session: AsyncSession) -> list[str]:
        statement = select(Role.role_name).join(UserRole, UserRole.role_id == Role.id)
        of_member = UserRole.user_id == demo_id("user", "member")
        return list(await session.scalars(statement.where(of_member)))

    assert look(database_url, held) == []
    assert demo("grant", "member@example.org", "curator") == (0, "", "")
    assert demo("grant", "member@example.org", "curator") == (0, "", "")
    assert look(database_url, held) == ["curator"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody@example.org", "admin"), "There is no user with the address nobody@example.org."),
        (("member@example.org", "king"), "There is no role 'king'."),
    ],
)
def test_roles_that_are_not_granted(demo: Run, arguments: tuple[str, ...], said: str) -> None:
    assert demo("grant", *arguments) == (1, "", f"meshgraph: {said}\n")


def test_keys_are_loaded_from_a_file(migrated: Run) -> None:
    shipped = str(ROOT / "app" / "permission_keys.csv")
    assert migrated("keys", "load", shipped) == (0, f"{len(Permission)} keys\n", "")


def test_a_file_that_is_no_catalogue(migrated: Run, empty: Path) -> None:
    (empty / "wrong.csv").write_text("id,function\n", "utf-8")
    said = "line 1: no column category, subcategory, keychain, roles"
    assert migrated("keys", "load", str(empty / "wrong.csv")) == (1, "", f"meshgraph: {said}\n")


def test_a_file_of_keys_that_is_no_text(migrated: Run, empty: Path) -> None:
    wrong = empty / "wrong.csv"
    wrong.write_bytes(b"id,f\xe9")
    said = f"{wrong} is not UTF-8 at byte 4."
    assert migrated("keys", "load", str(wrong)) == (1, "", f"meshgraph: {said}\n")


def test_an_address_that_is_taken_is_not_announced(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        said = f"Nothing can listen on 127.0.0.1 port {port}: Address already in use."
        assert run("serve") == (1, "", f"meshgraph: {said}\n")


def test_a_running_server_keeps_others_from_changing_its_file(run: Run, empty: Path) -> None:
    run("migrate")
    held = Store.open(f"sqlite+aiosqlite:///{empty}/meshgraph.db")
    assert held.lock is not None
    code, _, err = run("migrate")
    held.lock.close()
    assert code == 1
    assert "Another server uses" in err


def test_the_schema_is_printed(run: Run) -> None:
    code, out, _ = run("schema")
    assert code == 0
    assert build_schema(out).query_type is not None


def test_the_openapi_document_is_printed(run: Run) -> None:
    code, out, _ = run("openapi")
    assert code == 0
    assert set(json.loads(out)["paths"]) >= {row.path for row in ENDPOINTS}


def test_plans_are_explained(run: Run, tmp_path: Path) -> None:
    document = tmp_path / "some.graphql"
    document.write_text("""
        query One($id: ID!, $first: Int) { team(id: $id) { users(first: $first) { totalCount } } }
        query Two { viewer { user { roleNames } } }
    """)
    code, out, _ = run("explain", str(document), "--variables", '{"first": 3}', "--function")
    assert code == 0
    for line in (
        "# query One, sqlite",
        "-- viewer, organizations, v_id, may_VIEW_TEAM, viewer",
        "def f0(rows, f):",
        "interpreted: viewer.user.roleNames: a function computes it",
    ):
        assert line in out
    document.write_text("{ nothing }")
    code, _, problem = run("explain", str(document))
    assert code == 1
    assert "Cannot query field 'nothing'" in problem


def test_every_route_is_printed_with_its_operation(run: Run) -> None:
    _, out, _ = run("routes")
    lines = [line.split() for line in out.splitlines()]
    assert {(method, path, operation) for method, path, _, operation in lines} >= {
        (row.method, row.path, row.operation) for row in ENDPOINTS
    }


def test_serve_with_the_demo_answers_the_token_it_prints(empty: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "app", "serve", "--demo", "--port", str(port)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            lines = [server.stdout.readline().decode().strip() for _ in range(6)]
            assert lines[1] == f"GraphQL   http://127.0.0.1:{port}/graphql"
            assert lines[3] == f"Docs      http://127.0.0.1:{port}/docs (in a browser)"
            assert ask(port, lines[5]) == {"viewer": {"user": {"email": "admin@example.org"}}}
        finally:
            server.send_signal(signal.SIGTERM)
    assert (empty / "meshgraph.db").exists()


def ask(port: int, token: str) -> object:
    """The answer of a server that is just starting."""
    body = json.dumps({"query": "{ viewer { user { email } } }"}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, headers)
    for _ in range(100):
        try:
            with urllib.request.urlopen(request) as response:
                return json.load(response)["data"]
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: web}
---
apiVersion: example.org/v1
kind: Gizmo
metadata: {name: odd}
"""
MEMBER = ("--user", "member@example.org")
ADMIN = ("--user", "admin@example.org")


def test_a_design_is_imported(demo: Run, tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(MANIFEST, "utf-8")
    code, out, err = demo("import", str(file), *MEMBER, "--name", "Web")
    assert (code, out) == (0, "Imported design 'Web' of type 'k8s-manifest'\n")
    assert "warning: no model defines Gizmo of example.org/v1 (odd)\n" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("import", "absent.yaml", *MEMBER), "No such file"),
        (("import", "pyproject.toml", *MEMBER), "unsupported extension"),
        (("import", "pyproject.toml", "--user", "nobody@example.org"), "There is no user"),
        (("register", "pyproject.toml", *MEMBER), "permission key"),
        (("import", "ftp://example.org/x", *MEMBER), "No such file"),
    ],
)
def test_what_is_not_brought_in(demo: Run, arguments: tuple[str, ...], told: str) -> None:
    code, out, err = demo(*arguments)
    assert (code, out) == (1, "")
    assert told in err


def test_the_packages_of_a_folder_are_registered(demo: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        model = {**MODEL, "name": name}
        (tmp_path / f"{name}.tgz").write_bytes(package(component("Broker"), model=model))
        folder = tmp_path / "folders" / name
        (folder / "components").mkdir(parents=True)
        (folder / "model.json").write_text(json.dumps({**model, "name": f"in-{name}"}))
        (folder / "components" / "Broker.json").write_text(json.dumps(component("Broker")))
    found = ["in-one (1 component)", "in-two (1 component)"]
    found += [f"{name} (1 component and 1 relationship)" for name in ("one", "two")]
    printed = "".join(f"Imported model {each}\n" for each in found)
    assert demo("register", str(tmp_path), *ADMIN, "--dry-run")[:2] == (0, printed)
    assert demo("register", str(tmp_path), *ADMIN)[:2] == (0, printed)


def test_what_is_imported_is_not_looked_through_for_garbage_but_all_else_is() -> None:
    code = "import gc, app.__main__; print(gc.isenabled(), gc.get_freeze_count() > 100_000)"
    asked = [sys.executable, "-c", code]
    assert subprocess.check_output(asked, cwd=ROOT, text=True) == "True True\n"


def test_a_package_of_the_same_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "schema.py").write_text("schema = None\n", "ascii")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import app.cli"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"meshgraph: 'schema' is found at {tmp_path}/schema.py")


def test_a_package_that_is_missing_is_refused() -> None:
    with pytest.raises(SystemExit, match="'no_such_package' is found at nowhere"):
        refuse_strangers(["no_such_package"], own_packages.ROOT)


def test_a_connection_that_leaves_all_unread_does_not_last() -> None:
    """The system ends it, as the server cannot: what it closes waits until it has been read."""
    with (
        listening("127.0.0.1", 0) as door,
        socket.create_connection(door.getsockname()) as _,
        door.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNREAD
