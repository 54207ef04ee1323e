from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.definitions import Component
from app.registry.drawings import drawing_flaw, svg_flaw

SVG = 'svg xmlns="http://www.w3.org/2000/svg"'
ELSEWHERE = "refers to elsewhere"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ui/public/static/img/couchbase-color.svg",
        "<svg/>",
        f'<?xml version="1.0" encoding="UTF-8"?><{SVG}><path d="M1 1" fill="url(#a)"/></svg>',
        f'<{SVG}><style>.a{{fill:url("#b")}}</style><use xlink:href="#a"/></svg>',
        f'<{SVG}><image href="data:image/png;base64,AAAA"/><title>on</title></svg>',
        f'<{SVG} inkscape:export="C:\\x.png" style="enable-background:new 0 0 9 9"/>',
    ],
)
def test_drawings(text: str) -> None:
    assert svg_flaw(text) is None


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (f"<{SVG}><script>alert(1)</script></svg>", "it has the element script"),
        (f"<{SVG}><svg:SCRIPT/></svg>", "it has the element svg:SCRIPT"),
        (f"<{SVG}><foreignObject/></svg>", "it has the element foreignObject"),
        (f'<{SVG} onload="x()"/>', "it has the event handler onload"),
        (f'<{SVG}><set attributeName="onclick"/></svg>', "it has the event handler attributeName"),
        (
            f'<{SVG}><set attributeName="xlink:href"/></svg>',
            f"its attributeName {ELSEWHERE}",
        ),
        (f'<{SVG}><a href="javascript:x()"/></svg>', f"its href {ELSEWHERE}"),
        (f'<{SVG}><a href=" &#106;avascript:x()"/></svg>', f"its href {ELSEWHERE}"),
        (
            f'<{SVG}><image xlink:href="//a.example"/></svg>',
            f"its xlink:href {ELSEWHERE}",
        ),
        (
            f'<{SVG}><image href="data:image/svg+xml;base64,"/></svg>',
            f"its href {ELSEWHERE}",
        ),
        (f'<{SVG}><style>@import "x.css";</style></svg>', f"a style {ELSEWHERE}"),
        (
            f"<{SVG}><g style=\"fill:url( '//a.example')\"/></svg>",
            f"a style {ELSEWHERE}",
        ),
        (f"<{SVG}><!--><script>--></svg>", "it has markup in a text or comment"),
        (f"<{SVG}><title><![CDATA[<b>]]></title></svg>", "it has markup in a text or comment"),
        (f'<{SVG} fill="u\\72l(//a.example)"/>', f"a style {ELSEWHERE}"),
        (
            f'<{SVG}><animate attributeName=" onload"/></svg>',
            "it has the event handler attributeName",
        ),
        ("<!DOCTYPE svg><svg/>", "it has a document type"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', "it has a document type"),
        (
            f'<?xml-stylesheet href="x.css"?><{SVG}/>',
            "it has the instruction xml-stylesheet",
        ),
        ("<svg><g></svg>", "it is not well-formed XML (mismatched tag)"),
        ("<svg>&nbsp;</svg>", "it is not well-formed XML (undefined entity)"),
        ("javascript:alert(1)", "it is an address elsewhere"),
        ("https://a.example/x.svg", "it is an address elsewhere"),
    ],
)
def test_what_a_drawing_must_not_have(text: str, flaw: str) -> None:
    assert svg_flaw(text) == flaw


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"metadata": {"svgColor": "<svg><script/></svg>"}}, "svgColor"),
        ({"metadata": {"styles": {"svg_white": "<svg><script/></svg>"}}}, "svg_white"),
        ({"metadata": {"logo": ["<svg><script/></svg>"]}}, "logo"),
        ({"styles": {"svgComplete": "<svg><script/></svg>"}}, "svgComplete"),
    ],
)
def test_drawings_are_found_wherever_they_are(members: dict[str, Any], key: str) -> None:
    component = Component(schema_version="…", kind="Pod", definition={}, **members)
    flaw = f"{key} is not a harmless SVG drawing: it has the element script."
    assert drawing_flaw(component) == flaw


@given(st.text() | st.text().map(lambda text: f"<svg>{text}</svg>"))
def test_any_text_is_judged(text: str) -> None:
    assert svg_flaw(text) in {None, svg_flaw(text)}
