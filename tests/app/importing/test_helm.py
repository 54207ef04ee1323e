"""Charts render as `helm template` renders them; what they must not do is refused."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.importing.confinement import LANDLOCK, NETWORK_NAMESPACE
from app.importing.executables import Tools
from app.importing.helm import Chart, read_chart, render_chart
from app.importing.refusals import Refused, TooLarge, Unreadable, Unsafe, Unsupported
from app.importing.sandbox import measures

SHOP = Path(__file__).parent / "charts" / "shop"
METADATA = {"apiVersion": "v2", "name": "small", "version": "0.1.0"}
#: Loops that end long after any deadline and take little memory.
ENDLESS = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"


def chart(template: str = "", **metadata: object) -> dict[str, bytes]:
    return {
        "Chart.yaml": json.dumps(METADATA | metadata).encode(),
        "templates/a.yaml": template.encode(),
    }


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def packed(tree: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, content in tree.items():
            entry = tarfile.TarInfo(f"sub/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def running(program: Path) -> list[str]:
    """The processes whose executable is the program."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "exe").readlink() == program.resolve():
                found.append(process.name)
        except OSError:
            continue
    return found


def test_a_chart_renders_as_the_command_line_does(tools: Tools, tmp_path: Path) -> None:
    options = ["-n", "default", "--include-crds", "--no-hooks", "--kube-version", "1.25.0-0"]
    command = [str(tools.path("helm")), "template", "shop", str(SHOP), *options]
    expected = subprocess.run(command, env={"HOME": str(tmp_path)}, capture_output=True, check=True)
    assert render_chart(files(SHOP), tools) == expected.stdout


def test_a_chart_renders_crds_first_and_no_hooks(tools: Tools) -> None:
    objects = list(yaml.safe_load_all(render_chart(files(SHOP), tools)))
    assert [(each["kind"], each["metadata"]["name"]) for each in objects] == [
        ("CustomResourceDefinition", "orders.example.com"),
        ("CustomResourceDefinition", "shelves.example.com"),
        ("ConfigMap", "content"),
        ("PersistentVolumeClaim", "shop-stock"),
        ("Service", "shop"),
        ("Deployment", "shop"),
    ]
    assert objects[2]["data"] == {
        "greeting": "Hello from shop in default",
        "kubernetes": "v1.25.0-0",
        "found": "{}",
        "address": "",
        "page.html": "<h1>Shop</h1>\n",
    }


@pytest.mark.parametrize(
    ("written", "version"),
    [(">=1.21.0", "v1.21.0"), (">= v1.20.1-gke.5", "v1.20.1-gke.5"), ("1.x || 1.19.0", "v1.19.0")],
)
def test_the_last_version_of_a_constraint_is_rendered_for(
    tools: Tools, written: str, version: str
) -> None:
    tree = chart("v: {{ .Capabilities.KubeVersion.Version }}", kubeVersion=written)
    assert yaml.safe_load(render_chart(tree, tools)) == {"v": version}


def test_a_constraint_without_a_full_version_is_left_to_helm(tools: Tools) -> None:
    tree = chart("v: {{ .Capabilities.KubeVersion.Version }}", kubeVersion=">=1.20")
    assert render_chart(tree, tools) == render_chart(
        chart(tree["templates/a.yaml"].decode()), tools
    )


def test_a_library_renders_to_nothing(tools: Tools) -> None:
    assert render_chart(chart("a: 1", type="library"), tools) == b""


def test_nothing_is_left_out_by_helmignore(tools: Tools) -> None:
    tree = chart("a: 1") | {".helmignore": b"a.yaml"}
    assert yaml.safe_load(render_chart(tree, tools)) == {"a": 1}


MISSING = [
    {"name": "absent", "version": "1.x.x", "repository": "https://charts.example.com"},
    {"name": "sub", "version": "0.1.0", "alias": "renamed"},
    {"name": "other", "version": "1.x.x", "repository": "https://charts.example.com"},
]


@pytest.mark.parametrize(
    "lists",
    [
        chart("b: {{ .Chart.Version }}", version="1.10", dependencies=MISSING),
        chart("b: {{ .Chart.Version }}", version="1.10", apiVersion="v1")
        | {"requirements.yaml": json.dumps({"dependencies": MISSING}).encode()},
    ],
    ids=["v2", "v1"],
)
def test_missing_dependencies_are_left_out(tools: Tools, lists: dict[str, bytes]) -> None:
    sub = {"Chart.yaml": json.dumps(METADATA | {"name": "sub"}).encode()}
    sub["templates/a.yaml"] = b"a: {{ .Chart.Name }}"
    rendered = render_chart(lists | {"charts/sub-0.1.0.tgz": packed(sub)}, tools)
    assert list(yaml.safe_load_all(rendered)) == [{"a": "renamed"}, {"b": 1.10}]
    assert b"b: 1.10\n" in rendered


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (chart('a: {{ fail "no luck" }}'), r"at \(small/templates/a.yaml:1:6\): no luck$"),
        (chart('a: {{ env "HOME" }}'), 'function "env" not defined'),
        (chart("a: [1"), "YAML parse error on small/templates/a.yaml"),
        (chart("a: {{ .Values.a.b }}"), "nil pointer evaluating"),
        (chart(kubeVersion="<1.22.0"), "incompatible with Kubernetes v1.22.0"),
        (chart(name="Big_Name"), "invalid release name"),
        (chart(name="--help"), "invalid release name"),
        (chart() | {"values.yaml": b"[1"}, "values.yaml"),
        (
            chart() | {"values.schema.json": b'{"required": ["size"]}'},
            "values don't meet the specifications of the schema",
        ),
        (chart() | {"values.schema.json": b"{"}, "values.schema.json is not JSON"),
    ],
)
def test_helm_says_why_a_chart_does_not_render(
    tools: Tools, tree: dict[str, bytes], said: str
) -> None:
    with pytest.raises(Unreadable, match=said) as refused:
        render_chart(tree, tools)
    assert "/tmp" not in refused.value.message
    assert "meshgraph-" not in refused.value.message


@pytest.mark.parametrize(
    ("template", "limits", "said"),
    [
        (ENDLESS, {"seconds": 1}, "more than 1 seconds"),
        ("{{ range until 100000000 }}x{{ end }}", {}, "more than 512 MiB of memory"),
        ('a: {{ repeat 600000000 "x" }}', {}, "more than 512 MiB of memory"),
        ('a: {{ repeat 2000000 "x" }}', {"output_bytes": 1024**2}, "more than 1 MiB"),
    ],
)
def test_a_chart_that_takes_too_much_is_ended(
    tools: Tools, template: str, limits: dict[str, Any], said: str
) -> None:
    with pytest.raises(TooLarge, match=said):
        render_chart(chart(template), replace(tools, **limits))
    assert running(tools.path("helm")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_helm_ends_with_the_process_that_runs_it(tools: Tools, tmp_path: Path) -> None:
    script = (
        "from pathlib import Path, PosixPath; from app.importing.executables import Tools\n"
        "from app.importing.helm import render_chart\n"
        f"render_chart({chart(ENDLESS)!r}, {replace(tools, seconds=60)!r})"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    worker = subprocess.Popen([sys.executable, "-c", script], env=environment)
    try:
        assert within(10, lambda: running(tools.path("helm")) != [])
    finally:
        worker.kill()
        worker.wait()
    assert within(5, lambda: running(tools.path("helm")) == [])


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("name", ["values.schema.json", "charts/sub/values.schema.json"])
@pytest.mark.parametrize("address", ["http://schemas.example.com/a", "file:///a", "other.json"])
def test_a_schema_must_not_refer_to_another(tools: Tools, name: str, address: str) -> None:
    schema = json.dumps({"allOf": [{"$ref": "#/definitions/a"}, {"$ref": address}]}).encode()
    with pytest.raises(Unsafe, match=rf"{name}: `\$ref` '{address}'"):
        render_chart(chart() | {name: schema}, tools)


def within_an_archive(address: str) -> dict[str, bytes]:
    """A chart whose subchart, still packed, has a schema that refers to the address."""
    schema = json.dumps({"$ref": address}).encode()
    return chart() | {"charts/sub.tgz": packed(chart("a: 1") | {"values.schema.json": schema})}


def test_no_address_is_dialled(tools: Tools) -> None:
    if not measures() & {NETWORK_NAMESPACE, LANDLOCK}:
        pytest.skip("the kernel allows neither a network namespace nor Landlock here")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        with pytest.raises(Refused):
            render_chart(within_an_archive(f"http://127.0.0.1:{port}/schema.json"), tools)
        with pytest.raises(TimeoutError):
            server.accept()


def test_no_file_of_the_machine_is_read(tools: Tools, tmp_path: Path) -> None:
    if LANDLOCK not in measures():
        pytest.skip("the kernel has no Landlock here")
    (tmp_path / "schema.json").write_text("{}")
    with pytest.raises(Refused, match="permission denied"):
        render_chart(within_an_archive(f"file://{tmp_path}/schema.json"), tools)


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "a\\b", "a\0", "a//b", "", "."])
def test_a_name_that_leads_out_is_refused(tools: Tools, name: str) -> None:
    with pytest.raises(Unsafe, match="not a path inside the archive"):
        render_chart(chart() | {name: b""}, tools)


def test_the_environment_stays_as_it_was(tools: Tools) -> None:
    before = dict(os.environ)
    render_chart(chart("a: 1"), tools)
    assert dict(os.environ) == before


def test_the_metadata_of_a_chart_is_read() -> None:
    expected = Chart("shop", "1.2.3", "application", "v2", ">=1.25.0-0")
    assert read_chart(files(SHOP)) == expected


def test_metadata_has_the_defaults_of_helm() -> None:
    metadata = read_chart({"Chart.yaml": b"name: a\nversion: 1.2"})
    assert metadata == Chart("a", "1.2", "application", "v1", None)


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", Unreadable, "not a mapping"),
        (b"- a", Unreadable, "not a mapping"),
        (b"a: [", Unreadable, "not YAML: Line 2"),
        (b"name: !!bool x", Unreadable, "not YAML"),
        (b"version: 1.0.0", Unreadable, "`name`"),
        (b"name: a/b\nversion: 1.0.0", Unreadable, "`name`"),
        (b"name: {}\nversion: 1.0.0", Unreadable, "`name`"),
        (b"name: a", Unreadable, "`version`"),
        (b"name: a\nversion: one", Unreadable, "`version`"),
        (b"name: a\nversion: 1.0.0.0", Unreadable, "`version`"),
        (b"name: a\nversion: 1.0.0\napiVersion: v3", Unsupported, "`apiVersion` must be v1 or v2"),
        (b"name: a\nversion: 1.0.0\ntype: [x]", Unsupported, "`type` must be application or lib"),
    ],
)
def test_what_is_no_metadata_of_a_chart_is_refused(
    content: bytes, kind: type[Refused], said: str
) -> None:
    with pytest.raises(kind, match=said):
        read_chart({"Chart.yaml": content})


def test_a_folder_without_metadata_is_no_chart() -> None:
    with pytest.raises(Unreadable, match=r"has a Chart\.yaml"):
        read_chart({"templates/a.yaml": b""})


@pytest.mark.parametrize(
    ("metadata", "refusal"),
    [
        (b"name: a\nversion: 1.0.0\nname: b\n", Unreadable),
        (b"a: &a [x, x]\nb: [" + b"*a, " * 2_000 + b"]\n", TooLarge),
    ],
)
def test_metadata_is_read_within_the_limits_of_documents(
    metadata: bytes, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal, match=r"^Chart\.yaml"):
        read_chart({"Chart.yaml": metadata})
