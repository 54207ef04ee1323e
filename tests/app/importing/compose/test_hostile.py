"""Whatever comes in is converted or refused; nothing else happens, and it does not take long."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.importing.compose import Options, convert
from app.importing.refusals import Refused, TooLarge, Unreadable, Unsupported


def words(text: str) -> list[str]:
    return text.split()


KEYS = words(
    "image build command entrypoint environment env_file ports expose volumes tmpfs networks "
    "network_mode secrets configs labels annotations healthcheck deploy restart user group_add "
    "cap_add privileged read_only hostname container_name stop_grace_period mem_limit extends "
    "profiles tty scale working_dir depends_on x-other nonsense"
)
INNER = words(
    "test interval retries disable start_period replicas mode resources limits reservations cpus "
    "memory placement constraints preferences spread update_config order parallelism "
    "restart_policy condition target published protocol host_ip type source read_only path "
    "required external name file content labels service a"
)
LABELS = words(
    "kompose.service.type kompose.service.expose kompose.service.nodeport.port "
    "kompose.controller.type kompose.cronjob.schedule kompose.cronjob.backoff_limit "
    "kompose.hpa.cpu kompose.hpa.replicas.max kompose.volume.size kompose.volume.type "
    "kompose.init.containers.image kompose.init.containers.command "
    "kompose.service.healthcheck.readiness.test kompose.service.healthcheck.liveness.tcp_port "
    "kompose.service.name_override kompose.image-pull-policy"
)
TEXTS = st.one_of(
    st.text(max_size=12),
    st.text("0123456789:-/[]abc.${}'\"_ ", max_size=14),
    st.sampled_from(
        words(
            "80:80 1-9:1-9 a:/b ./a:/b:ro 10s 1m30s 512m no always on-failure:3 CMD tmpfs bind "
            "volume a b default ${A:-80} ${A:?b} $$x service:a service:b node.labels.a==b [a,b] "
            "1:2 true global vip headless loadbalancer nodeport emptyDir statefulset"
        )
    ),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.integers(0, 70_000)
)
LABELLED = st.dictionaries(st.sampled_from(LABELS), SCALARS, max_size=3)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inside: st.one_of(
        st.lists(inside, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(INNER), TEXTS), inside, max_size=4),
    ),
    max_leaves=8,
)
SERVICES = st.one_of(
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5),
    st.fixed_dictionaries({"labels": LABELLED}, optional={"ports": st.just(["80:80"])}),
    VALUES,
)
SECTIONS = st.one_of(st.dictionaries(st.sampled_from(("a", "b")), VALUES, max_size=2), VALUES)
DOCUMENTS = st.fixed_dictionaries(
    {"services": st.dictionaries(st.one_of(st.sampled_from(("a", "b")), TEXTS), SERVICES)},
    optional=dict.fromkeys(
        words("version name networks volumes secrets configs include"), SECTIONS
    ),
)


def outcome(document: dict[str, Any], options: Options | None = None) -> str:
    try:
        return f"{len(convert(document, options).objects)} objects"
    except Refused as refusal:
        return refusal.message


@given(DOCUMENTS, st.sampled_from((None, "daemonset", "statefulset")))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_document_is_converted_or_refused(document: dict[str, Any], controller: Any) -> None:
    options = Options(controller=controller, replicas=None)
    assert outcome(document, options) == outcome(document, options)


ONE_VALUE = st.tuples(st.sampled_from(KEYS), VALUES)


@given(ONE_VALUE)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=300)
def test_any_value_of_one_key_is_converted_or_refused(one: tuple[str, Any]) -> None:
    key, value = one
    assert outcome({"services": {"a": {"image": "i", key: value}, "b": {"image": "i"}}})


def of(**service: Any) -> dict[str, Any]:
    return {"services": {"web": {"image": "nginx", **service}}}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def itself() -> dict[str, Any]:
    document: dict[str, Any] = of()
    document["x-again"] = document
    return document


CHAIN = {f"s{n}": {"extends": f"s{n + 1}"} for n in range(20)} | {"s20": {"image": "i"}}
WIDE = {"base": {"environment": {f"V{n}": "x" for n in range(2_000)}}} | {
    f"s{n}": {"extends": "base", "environment": {"A": "b"}} for n in range(900)
}


@pytest.mark.parametrize(
    ("document", "refusal", "says"),
    [
        ({"services": {1: {}}}, Unreadable, "services: the key 1 is no string."),
        ({"services": {"web": {"image": object()}}}, Unreadable, "services.web.image: "),
        ({"services": []}, Unreadable, "services: "),
        ({"services": {"---": {"image": "i"}}}, Unreadable, "services.---: no name"),
        ({"services": {"a b": {"image": "i"}}}, Unreadable, "services: 'a b' does not match"),
        (
            {"services": {"a_b": {"image": "i"}, "a.b": {"image": "i"}}},
            Unreadable,
            "services: a_b and a.b get the same name",
        ),
        ({"services": {str(n): {} for n in range(1_001)}}, TooLarge, "more than 1000"),
        (of(ports=["1-65535"]), TooLarge, "services.web.ports[0]: a service may have 1000 ports"),
        (of(ports=["1-900", "2001-2900"]), TooLarge, "services.web.ports: "),
        (
            {"services": {f"s{n}": {"ports": ["1-999"]} for n in range(21)}},
            TooLarge,
            "more than 20000 ports",
        ),
        (of(ports=["1-3:1-4"]), Unreadable, "ranges of different lengths"),
        (of(ports=["80/icmp"]), Unreadable, "services.web.ports[0]: the protocol icmp"),
        (of(ports=["0"]), Unreadable, "services.web.ports[0]: “0” is no whole number"),
        (of(ports=["65536"]), Unreadable, "services.web.ports[0]: "),
        (of(ports=["http"]), Unreadable, "services.web.ports[0]: “http” is no port"),
        (of(ports=[None]), Unreadable, "services.web.ports[0]: "),
        (of(deploy={"replicas": 10**12}), Unreadable, "services.web.deploy.replicas: "),
        (of(deploy={"replicas": "many"}), Unreadable, "services.web.deploy.replicas: “many”"),
        (of(mem_limit="lots"), Unreadable, "services.web.mem_limit: “lots” is no size"),
        (of(stop_grace_period="9" * 5_000 + "h"), Unreadable, "services.web.stop_grace_period"),
        (of(healthcheck={"retries": math.inf, "test": "x"}), Unreadable, ".healthcheck.retries"),
        (of(imag="x"), Unreadable, "services.web: Unevaluated properties"),
        (of(command="a 'b"), Unreadable, "services.web.command: "),
        (of(restart="sometimes"), Unreadable, "services.web: the restart policy sometimes"),
        (of(volumes=["data:/data"]), Unreadable, "services.web.volumes: the file does not define"),
        (of(networks=["back"]), Unreadable, "services.web.networks.back: "),
        (of(secrets=["key"]), Unreadable, "services.web.secrets: "),
        (of(network_mode="service:db"), Unreadable, "services.web.network_mode: "),
        (of(network_mode="service:web"), Unreadable, "in a circle"),
        (of(group_add=["wheel"]), Unreadable, "services.web.group_add[0]: "),
        (of(extends={"service": "a", "file": "b.yaml"}), Unsupported, "services.web.extends: "),
        (of(extends="db"), Unreadable, "services.web.extends: there is no service db."),
        (of(extends="web"), Unreadable, "in a circle"),
        ({"services": CHAIN}, TooLarge, "more than 10 deep"),
        ({"services": WIDE}, TooLarge, "more than 50000 values"),
        (of() | {"version": "4"}, Unsupported, "version: 4 is not supported"),
        (of() | {"version": 3.10e1}, Unsupported, "version: 31.0 is not supported"),
        (of() | {"version": "new"}, Unreadable, "version: "),
        (of() | {"include": ["other.yaml"]}, Unsupported, "include: "),
        (of() | {"x-deep": nested(10_000)}, TooLarge, "nested 32 deep"),
        (of() | {"x-many": [0] * 50_001}, TooLarge, "50000 values"),
        (itself(), TooLarge, "nested 32 deep"),
        (of(image="${" * 5_000), Unreadable, "services.web.image: "),
        (of(image="${A:-" * 5_000), TooLarge, "services.web.image: "),
    ],
)
def test_what_is_wrong_is_refused_by_its_path(
    document: dict[str, Any], refusal: type[Refused], says: str
) -> None:
    with pytest.raises(Refused) as caught:
        convert(document)
    assert type(caught.value) is refusal
    assert says in caught.value.message
    assert len(caught.value.message) < 1_000


#: For each key, values that are sound whatever stands beside them.
SOUND: dict[str, list[Any]] = {
    "image": ["nginx", "${IMAGE:-nginx}:${TAG-1}"],
    "build": [".", {"context": "."}],
    "command": [None, "run $$HOME", ["run", "it"]],
    "environment": [{"A": 1, "B": None}, ["A=b", "C"]],
    "env_file": [".env", ["a.env", {"path": "b.env", "required": False}]],
    "ports": [["80"], ["8080:80", "8080:80/udp"], [{"target": 80, "published": "90-91"}]],
    "expose": [[80], ["80/udp", "90-91"]],
    "volumes": [["data:/d"], ["/d"], [{"type": "tmpfs", "target": "/t"}], ["./a:/b:ro"]],
    "tmpfs": ["/run", ["/run:size=1m", "/tmp"]],
    "networks": [["back"], {"back": {"aliases": ["x"]}, "default": None}],
    "secrets": [["key"], [{"source": "key", "target": "k", "mode": "0440"}]],
    "configs": [["conf"], [{"source": "conf", "target": "/c", "mode": 292}]],
    "labels": [
        {"kompose.service.type": "loadbalancer"},
        ["kompose.service.expose=a.example/x, true"],
        {"kompose.hpa.cpu": "80", "kompose.cronjob.schedule": "* * * * *"},
        {"kompose.controller.type": "statefulset", "kompose.volume.size": "1Gi"},
        {"kompose.volume.type": "configMap", "kompose.init.containers.image": "i"},
    ],
    "healthcheck": [{"test": "x", "interval": "1m"}, {"test": ["NONE"]}, {"disable": True}],
    "deploy": [{"mode": "global"}, {"replicas": 3, "resources": {"limits": {"cpus": "0.5"}}}],
    "restart": ["no", "always", "on-failure:3", False],
    "user": ["1000:1000", "root"],
    "network_mode": ["host", "service:other"],
    "extends": ["other", {"service": "other"}],
    "profiles": [["debug"]],
    "container_name": ["My_Container"],
}
SOUND_SERVICES = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from(values) for key, values in SOUND.items()}
)


@given(SOUND_SERVICES, st.booleans())
@settings(deadline=None)
def test_sound_values_go_together(service: dict[str, Any], switch: bool) -> None:
    document = {
        "services": {"Web_1": service, "other": {"image": "other", "volumes": ["data:/d"]}},
        "networks": {"back": {"name": "Back.End"}},
        "volumes": {"data": None},
        "secrets": {"key": {"file": "./key.txt"}},
        "configs": {"conf": {"content": "a"}},
    }
    objects = convert(document, Options(annotations=switch, network_policies=switch)).objects
    named = [(each["kind"], each["metadata"]["name"]) for each in objects]
    assert len(set(named)) == len(named)
    assert all(NAME.fullmatch(name) for _, name in named)
    kinds = [kind for kind, _ in named]
    assert kinds == sorted(kinds, key=lambda kind: kind != "Service")
    for pod in filter(None, map(pod_of, objects)):
        claimed = {each["name"] for each in pod["volumes"]}
        for container in pod["containers"]:
            mounts = [each["mountPath"] for each in container.get("volumeMounts", ())]
            assert len(mounts) == len(set(mounts))
            assert {each["name"] for each in container.get("volumeMounts", ())} <= claimed


NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")


def pod_of(document: dict[str, Any]) -> dict[str, Any] | None:
    """The containers of a workload's pod, and its volumes with those that claims make."""
    spec = document.get("spec", {})
    claims = [each["metadata"] for each in spec.get("volumeClaimTemplates", ())]
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    spec = spec.get("template", {}).get("spec", spec)
    return spec | {"volumes": claims + spec.get("volumes", [])} if "containers" in spec else None
