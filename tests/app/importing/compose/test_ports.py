from __future__ import annotations

from typing import Any

import pytest

from app.importing.compose.project import Port
from app.importing.compose.reading.ports import ports


def tcp(target: int, published: int | None = None, host: str = "") -> Port:
    return Port(target, published, "TCP", host)


@pytest.mark.parametrize(
    ("service", "read"),
    [
        ({"ports": [80]}, [tcp(80)]),
        ({"ports": ["8080:80"]}, [tcp(80, 8080)]),
        ({"ports": [":80"]}, [tcp(80)]),
        ({"ports": ["127.0.0.1:8080:80"]}, [tcp(80, 8080, "127.0.0.1")]),
        ({"ports": ["127.0.0.1::80"]}, [tcp(80, None, "127.0.0.1")]),
        ({"ports": ["[::1]:8080:80"]}, [tcp(80, 8080, "::1")]),
        ({"ports": ["53:53/udp"]}, [Port(53, 53, "UDP")]),
        ({"ports": ["9090-9091:80-81"]}, [tcp(80, 9090), tcp(81, 9091)]),
        ({"ports": ["3000-3001"]}, [tcp(3000), tcp(3001)]),
        ({"ports": ["8000-9999:80"]}, [tcp(80, 8000)]),
        ({"ports": [{"target": "80", "published": 8080, "mode": "host"}]}, [tcp(80, 8080)]),
        ({"ports": ["80:80", "80:80"]}, [tcp(80, 80)]),
        ({"expose": [80, "81/udp", "90-91"]}, [tcp(80), Port(81, None, "UDP"), tcp(90), tcp(91)]),
        ({"ports": ["8080:80"], "expose": ["80", "443"]}, [tcp(80, 8080), tcp(443)]),
        ({}, []),
    ],
)
def test_every_syntax_gives_the_same_ports(service: dict[str, Any], read: list[Port]) -> None:
    assert list(ports(service, "services.web")) == read
