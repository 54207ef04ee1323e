"""Kustomize archives build from their own files; what leads out of them is refused."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
import yaml

from app.importing.executables import Tools
from app.importing.kustomize import NAMES, PATHS, build_kustomization
from app.importing.refusals import Refused, TooLarge, Unreadable, Unsafe, Unsupported

SAMPLES = Path(__file__).parents[3].parent / "shared" / "importing" / "samples" / "kustomize"
NOWHERE = Tools(Path("/nonexistent/helm"), Path("/nonexistent/kubectl"), Path("/nonexistent"))

MAP = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: '1'\n"
ADDRESSES = (
    "https://example.com/a.yaml",
    "HTTP://example.com/a.yaml",
    "https:example.com/a.yaml",
    "github.com/kubernetes-sigs/kustomize//examples/helloWorld?ref=v1",
    "git@example.com:owner/repository",
    "git::https://example.com/owner/repository",
    "ssh://git@example.com/owner/repository",
    "example.com/owner/repository.git",
    "../outside",
    "a/../../outside",
    "/etc/hosts",
)
TRANSFORMER = """\
apiVersion: builtin
kind: PatchTransformer
metadata:
  name: t
target:
  kind: ConfigMap
patch: |-
  [{"op": "add", "path": "/data/t", "value": "http://example.com"}]
"""
FIELDS = sorted(
    {keys for keys in PATHS if keys[0] not in {"path", "paths", "files", "envs", "env"}}
)


def archive(kustomization: object, **files: bytes) -> dict[str, bytes]:
    named = {name.replace("_", "."): content for name, content in files.items()}
    return {"a.yaml": MAP, "kustomization.yaml": yaml.safe_dump(kustomization).encode()} | named


def test_a_sample_builds_as_expected(tools: Tools) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the samples of Kustomize archives are not beside the project")
    with tarfile.open(SAMPLES / "wordpress-kustomize.tar.gz") as packed:
        members = [(each.name, packed.extractfile(each)) for each in packed if each.isfile()]
        tree = {name.removeprefix("wordpress/"): file.read() for name, file in members if file}
    expected = (SAMPLES / "wordpress.expected.yaml").read_bytes()
    built = build_kustomization(tree, tools)
    assert list(yaml.safe_load_all(built)) == list(yaml.safe_load_all(expected))


@pytest.mark.parametrize(
    ("kustomization", "files", "data"),
    [
        ({"resources": ["a.yaml"]}, {}, {"x": "1"}),
        ({"resources": ["."], "patches": []}, {}, None),
        ({"resources": ["./a.yaml"], "namePrefix": "p-"}, {}, {"x": "1"}),
        (
            {
                "resources": ["a.yaml"],
                "patches": [{"path": "p.yaml"}],
            },
            {"p_yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {y: '2'}"},
            {"x": "1", "y": "2"},
        ),
        (
            {"resources": ["a.yaml"], "patchesStrategicMerge": [MAP.decode().replace("x", "z")]},
            {},
            {"x": "1", "z": "1"},
        ),
        (
            {
                "resources": ["a.yaml"],
                "transformers": [TRANSFORMER],
            },
            {},
            {"x": "1", "t": "http://example.com"},
        ),
        (
            {"configMapGenerator": [{"name": "g", "files": ["k=note.txt"], "literals": ["a=/b"]}]},
            {"note_txt": b"https://example.com"},
            {"k": "https://example.com", "a": "/b"},
        ),
    ],
)
def test_an_archive_builds(
    tools: Tools, kustomization: object, files: dict[str, bytes], data: dict[str, str] | None
) -> None:
    tree = archive(kustomization, **files)
    if data is None:
        with pytest.raises(Unreadable, match="cycle"):
            build_kustomization(tree, tools)
    else:
        assert yaml.safe_load(build_kustomization(tree, tools))["data"] == data


def test_kustomize_says_why_an_archive_does_not_build(tools: Tools) -> None:
    with pytest.raises(Unreadable, match='unknown field "resource"') as refused:
        build_kustomization(archive({"resource": ["a.yaml"]}), tools)
    assert "/tmp" not in refused.value.message


def test_only_a_folder_may_be_above_its_kustomization(tools: Tools) -> None:
    tree = archive({"resources": ["inner"]})
    tree["inner/kustomization.yaml"] = b"resources: [../a.yaml]"
    with pytest.raises(Unreadable, match="is not in or below") as refused:
        build_kustomization(tree, tools)
    assert "meshgraph-" not in refused.value.message
    tree["inner/kustomization.yaml"] = b"resources: [../other]"
    tree |= {"other/kustomization.yaml": b"resources: [b.yaml]", "other/b.yaml": MAP}
    assert yaml.safe_load(build_kustomization(tree, tools))["metadata"]["name"] == "a"


@pytest.mark.parametrize("name", ["kustomization.yml", "Kustomization", "inner/kustomization.yaml"])
def test_the_root_has_one_spelling(name: str) -> None:
    with pytest.raises(Unreadable, match=r"has a kustomization\.yaml at its root"):
        build_kustomization({name: b"resources: []"}, NOWHERE)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("keys", FIELDS, ids=".".join)
def test_no_field_leads_out_of_the_archive(keys: tuple[str, ...], address: str) -> None:
    value: object = [f"key={address}" if keys[-1] == "files" else address]
    for key in reversed(keys):
        value = {key: value}
    with pytest.raises(Unsafe, match=f"`{keys[0]}` .* leads out of the archive"):
        build_kustomization(archive(value), NOWHERE)


@pytest.mark.parametrize("folder", ["", "inner/", "inner/deep/"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", ["resources", "Resources", "RESOURCES", "reſources"])
def test_each_kustomization_is_looked_at(folder: str, name: str, field: str) -> None:
    inner = {f"{folder}{name}": yaml.safe_dump({field: [ADDRESSES[0]]}).encode()}
    with pytest.raises(Unsafe, match=f"^{folder}{name}: `resources`"):
        build_kustomization({"kustomization.yaml": b""} | inner, NOWHERE)


PLUGIN = "apiVersion: {}\nkind: {}\nmetadata:\n  name: a\n"


@pytest.mark.parametrize("field", ["generators", "transformers", "validators"])
@pytest.mark.parametrize(
    ("plugin", "kind", "said"),
    [
        (PLUGIN.format("example.com/v1", "Program"), Unsafe, "only `apiVersion: builtin`"),
        (PLUGIN.format("builtin", "HelmChartInflationGenerator"), Unsupported, "Helm charts"),
        (PLUGIN.format("builtin", "PatchTransformer") + "path: http://a/b", Unsafe, "leads out"),
        (PLUGIN.format("builtin", "A") + "paths: [/etc/hosts]", Unsafe, "leads out"),
        ("a: [\nb", Unreadable, "not YAML"),
    ],
)
@pytest.mark.parametrize("inline", [True, False])
def test_only_plugins_that_are_built_in_run(
    field: str, plugin: str, kind: type[Refused], said: str, *, inline: bool
) -> None:
    tree = archive({field: [plugin if inline else "p.yaml"]}, p_yaml=plugin.encode())
    with pytest.raises(kind, match=said):
        build_kustomization(tree, NOWHERE)


@pytest.mark.parametrize(
    ("kustomization", "kind", "said"),
    [
        ({"helmCharts": [{"name": "a"}]}, Unsupported, "`helmcharts`: Helm charts are imported"),
        ({"helmGlobals": {"chartHome": "a"}}, Unsupported, "`helmglobals`"),
        ({"helmChartInflationGenerator": []}, Unsupported, "`helmchartinflationgenerator`"),
        ({"resources": ["absent.yaml"]}, Unreadable, "'absent.yaml' is not in the archive"),
        ({"transformers": ["inner"]}, Unsupported, "'inner' must be a file"),
    ],
)
def test_what_is_not_built_is_told(kustomization: object, kind: type[Refused], said: str) -> None:
    with pytest.raises(kind, match=said):
        build_kustomization(archive(kustomization) | {"inner/a": b""}, NOWHERE)


def test_aliases_that_multiply_are_refused() -> None:
    levels = ["a0: &a0 [a.yaml]"] + [f"a{i}: &a{i} [{f'*a{i - 1},' * 9}]" for i in range(1, 30)]
    tree = {"kustomization.yaml": "\n".join([*levels, "resources: *a29", "bases: [/x]"]).encode()}
    with pytest.raises(TooLarge, match=r"^kustomization\.yaml: "):
        build_kustomization(tree | {"a.yaml": MAP}, NOWHERE)


def test_a_file_that_is_not_yaml_is_told() -> None:
    with pytest.raises(Unreadable, match=r"^kustomization\.yaml is not YAML: Line 1, "):
        build_kustomization({"kustomization.yaml": b"a: b: c"}, NOWHERE)
