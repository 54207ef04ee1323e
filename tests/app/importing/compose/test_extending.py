from __future__ import annotations

from app.importing.compose import convert
from tests.compose_files import container, converted, kinds, pod


def test_a_service_takes_what_it_extends() -> None:
    result = converted("""
        services:
          base:
            image: nginx
            command: [a, b]
            environment: [A=1, B=2]
            cap_add: [NET_ADMIN]
            healthcheck: {test: [CMD, a, b], interval: 1s}
          web:
            extends: {service: base}
            command: [c]
            environment: {B: 3}
            cap_add: [SYS_TIME, NET_ADMIN]
            healthcheck: {test: [CMD, c]}
    """)
    (found,) = pod(result)["containers"]
    assert found["image"] == "nginx"
    assert found["args"] == ["c"]
    assert found["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}]
    assert found["securityContext"]["capabilities"]["add"] == ["NET_ADMIN", "SYS_TIME"]
    assert found["livenessProbe"] == {"exec": {"command": ["c"]}, "periodSeconds": 1}


def test_services_of_profiles_do_not_run() -> None:
    result = converted("services: {a: {image: i}, b: {image: i, profiles: [debug]}}")
    assert kinds(result) == ["Deployment/a"]
    assert result.warnings == ("services.b: left out, as no profile is chosen.",)


def test_what_is_not_expressed_is_told_once_per_kind() -> None:
    result = converted("""
        services:
          a: {image: i, devices: [/dev/a], sysctls: {a: 1}, depends_on: [b], links: [b]}
          b: {image: i, devices: [/dev/b]}
    """)
    assert result.warnings == (
        "services.a.devices and 1 more: not expressed in Kubernetes.",
        "services.a.sysctls: not expressed in Kubernetes.",
    )


def test_yaml_1_1_is_put_right() -> None:
    document = {"version": 3.8, "services": {"web": {"image": "i", "restart": False}}}
    assert kinds(convert(document)) == ["Pod/web", "NetworkPolicy/meshery-default"]


def test_a_variable_that_is_not_set_is_told() -> None:
    result = converted("services: {web: {image: '${IMAGE}'}}")
    assert result.warnings == ("The variable IMAGE is not set: it is empty here.",)


def test_a_service_without_an_image_has_its_name() -> None:
    result = converted("services: {Web_App: {build: .}}")
    assert pod(result, name="web-app")["containers"] == [{"image": "web-app", "name": "web-app"}]


def test_environment_is_sorted_and_lacks_what_is_not_set() -> None:
    assert container("environment: {B: 1, A: true, C: , D: ''}")["env"] == [
        {"name": "A", "value": "true"},
        {"name": "B", "value": "1"},
        {"name": "D"},
    ]
