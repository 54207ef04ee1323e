"""Secrets, configs and env files."""

from __future__ import annotations

from tests.compose_files import converted, kinds, one, pod, service

SECRETS = """
    services:
      web:
        image: i
        secrets:
          - db_key
          - {source: db_key, target: other/place, mode: "0440"}
          - {source: db_key, target: /etc/key}
          - outside
    secrets:
      db_key: {file: ./keys/db.txt}
      outside: {external: true}
"""


def test_a_secret_is_made_without_its_content() -> None:
    result = converted(SECRETS)
    assert kinds(result) == ["Secret/db-key", "Deployment/web"]
    assert one(result, "Secret", "db-key") == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"labels": {"io.kompose.service": "db-key"}, "name": "db-key"},
        "type": "Opaque",
        "data": {"db_key": ""},
    }
    assert result.warnings == (
        "secrets.db_key: its content is not at hand; the Secret is empty.",
        "secrets.outside: external, so no Secret is made.",
    )


def test_a_secret_is_a_file_where_compose_puts_it() -> None:
    mounts = pod(converted(SECRETS))["containers"][0]["volumeMounts"]
    assert [(each["mountPath"], each["subPath"]) for each in mounts] == [
        ("/run/secrets/db_key", "db_key"),
        ("/run/secrets/other/place", "place"),
        ("/etc/key", "key"),
        ("/run/secrets/outside", "outside"),
    ]


def test_each_use_of_a_secret_has_its_own_volume() -> None:
    made = pod(converted(SECRETS))
    mounts = made["containers"][0]["volumeMounts"]
    assert [each["name"] for each in mounts] == ["db-key", "db-key-2", "db-key-3", "outside"]
    volumes = {each["name"]: each["secret"] for each in made["volumes"]}
    shown = [volumes[each["name"]] for each in mounts]
    assert [each["items"][0]["path"] for each in shown] == ["db_key", "place", "key", "outside"]
    assert shown[1] == {
        "defaultMode": 0o440,
        "items": [{"key": "db_key", "path": "place"}],
        "secretName": "db-key",
    }


def test_configs_with_content_have_it() -> None:
    result = converted("""
        services:
          web: {image: i, configs: [inside, {source: beside, target: /etc/c.conf}, outside]}
        configs:
          inside: {content: "a=${A:-1}"}
          beside: {file: ./etc/my.conf}
          outside: {external: true}
          unused: {file: ./x}
    """)
    assert kinds(result) == ["ConfigMap/inside", "ConfigMap/beside", "Deployment/web"]
    assert one(result, "ConfigMap", "inside")["data"] == {"inside": "a=1"}
    assert one(result, "ConfigMap", "beside")["data"] == {"my.conf": ""}
    assert result.warnings == (
        "configs.beside: its file is not at hand; it is empty.",
        "configs.outside: external, so no ConfigMap is made.",
    )
    mounts = pod(result)["containers"][0]["volumeMounts"]
    assert mounts[:2] == [
        {"mountPath": "/inside", "name": "inside", "subPath": "inside"},
        {"mountPath": "/etc/c.conf", "name": "beside", "subPath": "c.conf"},
    ]
    assert pod(result)["volumes"][1] == {
        "configMap": {"items": [{"key": "my.conf", "path": "c.conf"}], "name": "beside"},
        "name": "beside",
    }


def test_env_files_are_empty_config_maps() -> None:
    result = service("env_file: [.env, {path: conf/b.env}, {path: c.env, required: false}]")
    assert kinds(result) == ["Deployment/web", "ConfigMap/env", "ConfigMap/b-env"]
    assert pod(result)["containers"][0]["envFrom"] == [
        {"configMapRef": {"name": "env"}},
        {"configMapRef": {"name": "b-env"}},
    ]
    assert result.warnings == (
        "services.web.env_file: .env is not at hand; empty.",
        "services.web.env_file: conf/b.env is not at hand; empty.",
    )


def test_a_config_beside_a_volume_of_its_name_keeps_apart() -> None:
    result = converted("""
        services: {web: {image: i, configs: [data], volumes: ['data:/d']}}
        configs: {data: {content: x}}
        volumes: {data: }
    """)
    made = pod(result)
    assert [each["name"] for each in made["volumes"]] == ["data-2", "data"]
    assert [each["name"] for each in made["containers"][0]["volumeMounts"]] == ["data-2", "data"]
