"""Files that kompose itself converted, and files from the field."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.importing.compose import Options, convert

SAMPLES = Path(__file__).parents[5] / "shared" / "importing" / "samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not here")

#: How kompose was called: `--with-kompose-annotation=false`, no `--generate-network-policies`.
BARE = Options(annotations=False, network_policies=False)
PAIRS = {
    "cronjob": BARE,
    "env": BARE,
    "expose": BARE,
    "healthcheck": BARE,
    "hpa": BARE,
    "statefulset": Options(annotations=False, network_policies=False, controller="statefulset"),
}


def only(folder: Path, pattern: str) -> str:
    (found,) = folder.glob(pattern)
    return found.read_text("utf-8")


def without_data(document: dict[str, Any]) -> dict[str, Any]:
    """A ConfigMap without what kompose read from a file beside the Compose file."""
    config_map = document["kind"] == "ConfigMap"
    return {key: each for key, each in document.items() if not (config_map and key == "data")}


@pytest.mark.parametrize("name", PAIRS)
def test_the_objects_are_those_of_kompose_in_order(name: str) -> None:
    folder = SAMPLES / "kompose" / name
    expected = yaml.safe_load_all(only(folder, "output*.yaml"))
    converted = convert(yaml.safe_load(only(folder, "compose*.yaml")), PAIRS[name])
    assert list(converted.objects) == [without_data(each) for each in expected if each]


def test_every_pair_is_compared() -> None:
    assert {each.name for each in (SAMPLES / "kompose").iterdir()} == set(PAIRS)


FIELD = {
    "elasticsearch-logstash-kibana": {
        "Service": 3,
        "Deployment": 3,
        "PersistentVolumeClaim": 2,
        "NetworkPolicy": 1,
    },
    "nextcloud-redis-mariadb": {
        "Service": 3,
        "Deployment": 3,
        "PersistentVolumeClaim": 2,
        "NetworkPolicy": 2,
    },
    "nginx-golang-postgres": {
        "Service": 2,
        "Secret": 1,
        "Deployment": 3,
        "PersistentVolumeClaim": 2,
        "NetworkPolicy": 1,
    },
    "pihole-cloudflared-DoH": {
        "Service": 2,
        "Deployment": 2,
        "PersistentVolumeClaim": 2,
        "NetworkPolicy": 1,
    },
    "prometheus-grafana": {
        "Service": 2,
        "Deployment": 2,
        "PersistentVolumeClaim": 3,
        "NetworkPolicy": 1,
    },
    "wordpress-mysql": {
        "Service": 2,
        "Deployment": 2,
        "PersistentVolumeClaim": 1,
        "NetworkPolicy": 1,
    },
}


@pytest.mark.parametrize("name", FIELD)
def test_files_from_the_field_convert(name: str) -> None:
    text = (SAMPLES / "compose" / f"{name}.yaml").read_text("utf-8")
    objects = convert(yaml.safe_load(text)).objects
    assert Counter(each["kind"] for each in objects) == FIELD[name]


def test_every_file_from_the_field_is_converted() -> None:
    assert {each.stem for each in (SAMPLES / "compose").iterdir()} == set(FIELD)
