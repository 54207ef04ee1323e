"""The explorer in a real browser: what a person does with it, and what it must not do."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.explorer.serving import BUILT
from tests.explorer.conftest import Seen

HERE = Path(__file__).parent
AXE = BUILT.parent / "node_modules" / "axe-core" / "axe.min.js"
BASELINE = HERE / "axe_baseline.json"


def spaced(text: str) -> re.Pattern[str]:
    """The text in GraphiQL's editor, which shows spaces that do not break."""
    return re.compile(re.escape(text).replace(r"\ ", r"\s"))


def test_the_page_needs_no_other_host(opened: Seen) -> None:
    opened.sign_in()
    opened.run()
    expect(opened.page.locator(".mg-answered")).to_contain_text("200")
    assert opened.elsewhere == []
    assert opened.errors == []


def test_a_query_runs(opened: Seen) -> None:
    opened.sign_in()
    opened.write('{ organizations(search: "harbour") { items { name } } }')
    opened.run()
    expect(opened.page.locator(".result-window")).to_contain_text(spaced("Harbour Logistics"))
    assert "Night Observatory" not in opened.response()
    assert opened.errors == []


def test_a_token_is_asked_for_and_kept_out_of_storage(opened: Seen) -> None:
    page = opened.page
    expect(page.get_by_role("form", name="Sign in")).to_be_visible()
    opened.sign_in()
    expect(page.get_by_role("form", name="Sign in")).to_be_hidden()
    page.get_by_role("button", name="Headers").click()
    page.locator(".graphiql-editor-tool .graphiql-editor:visible .view-lines").click()
    page.keyboard.insert_text(json.dumps({"Authorization": f"Bearer {opened.demo.token}"}))
    opened.run()
    expect(page.locator(".mg-answered")).to_contain_text("200")
    page.wait_for_timeout(1_000)  # GraphiQL stores what was typed half a second later
    stored = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "OrganizationsWithTeams" in stored, "the history and the tabs are stored"
    assert opened.demo.token.split(".")[0] not in stored
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("form", name="Sign in")).to_be_visible()


def test_a_wrong_token_is_told_of(opened: Seen) -> None:
    opened.page.get_by_label("Token").fill("nonsense")
    opened.page.get_by_role("button", name="Use this token").click()
    expect(opened.page.locator(".mg-problem")).to_contain_text("not valid")


def test_the_docs_open(opened: Seen) -> None:
    page = opened.page
    page.get_by_role("button", name="Show Documentation Explorer").click()
    page.locator(".graphiql-doc-explorer").get_by_text("Query", exact=True).click()
    page.get_by_text("organizationByDomain").first.click()
    expect(page.locator(".graphiql-doc-explorer")).to_contain_text("domain")
    assert opened.errors == []


def test_the_tree_of_fields_opens(opened: Seen) -> None:
    opened.page.get_by_role("button", name="Show GraphiQL Explorer").click()
    name = opened.page.locator(".docExplorerWrap input").first
    expect(name).to_have_value("OrganizationsWithTeams")
    assert opened.errors == []


def test_completion_works(opened: Seen) -> None:
    page = opened.page
    opened.write("")
    page.keyboard.type("{ organizationB")
    page.keyboard.press("Control+Space")
    suggested = page.locator(".suggest-widget .monaco-list-row")
    expect(suggested.filter(has_text="organizationByDomain")).to_be_visible()
    assert opened.errors == []


def test_a_wrong_field_is_marked(opened: Seen) -> None:
    opened.write("{ organisations }")
    expect(opened.page.locator(".graphiql-query-editor .squiggly-error").first).to_be_visible()


def test_history_remembers(opened: Seen) -> None:
    opened.sign_in()
    opened.run()
    expect(opened.page.locator(".mg-answered")).to_contain_text("200")
    opened.page.get_by_role("button", name="Show History").click()
    expect(opened.page.locator(".graphiql-history")).to_contain_text("OrganizationsWithTeams")


@pytest.mark.parametrize("transport", ["WebSocket", "SSE"])
def test_a_subscription_shows_an_event(opened: Seen, transport: str) -> None:
    page = opened.page
    opened.sign_in()
    page.get_by_label("Subscriptions over").select_option(transport)
    opened.write("subscription { events { description } }")
    opened.run()
    expect(page.locator(".mg-answered")).to_contain_text("0 events")
    told = f"It came over {transport}."
    for _ in range(20):  # nothing on the page says from when on the server tells
        page.request.post(
            f"{opened.demo.url}/events",
            headers={"Authorization": f"Bearer {opened.demo.token}"},
            data={"action": "look", "category": "explorer", "description": told},
        )
        with suppress(AssertionError):
            expect(page.locator(".result-window")).to_contain_text(spaced(told), timeout=500)
            break
    expect(page.locator(".result-window")).to_contain_text(spaced(told))
    expect(page.locator(".mg-answered")).to_contain_text(re.compile(r"[1-9]\d* event"))
    opened.run()  # the same button ends it
    assert opened.errors == []


def test_an_endpoint_and_its_operation_give_equal_data(opened: Seen) -> None:
    page = opened.page
    opened.sign_in()
    page.get_by_role("button", name="Show REST and GraphQL").click()
    page.get_by_label("Search endpoints").fill("list connections environment")
    page.get_by_role("button", name=re.compile("getEnvironmentConnections")).click()
    expect(page.get_by_label(re.compile("^environmentId"))).to_have_value(
        re.compile(r"^[0-9a-f-]{36}$")
    )
    page.get_by_label(re.compile("^order")).fill("name desc")
    expect(page.locator("pre[aria-label=Variables]")).to_contain_text('"direction": "DESC"')
    page.get_by_role("button", name="Run both").click()
    expect(page.locator(".mg-verdict")).to_have_text("Equal data. REST leaves out what is null.")
    rest, graphql = page.locator("figure pre").all()
    expect(rest).to_contain_text("total_count")
    expect(graphql).to_contain_text("total_count")
    assert page.locator(".mg-differs").count() == 0
    assert page.locator(".mg-same").count() > 0
    assert [row.locator("td").first.inner_text() for row in page.locator("tbody tr").all()] == [
        "200",
        "200",
    ]
    page.get_by_role("button", name="Open as tab").click()
    expect(page.locator(".graphiql-tab-active")).to_contain_text("getEnvironmentConnections")
    assert opened.errors == []
    assert opened.elsewhere == []


def test_what_differs_is_marked(opened: Seen) -> None:
    """What is registered twice is two connections: ids and times differ, and nothing else."""
    page = opened.page
    opened.sign_in()
    page.get_by_role("button", name="Show REST and GraphQL").click()
    page.get_by_role("button", name=re.compile("registerConnection")).click()
    expect(page.locator(".mg-note")).to_contain_text("changes data")
    page.get_by_role("button", name="Fill in examples").click()
    page.get_by_role("button", name="Run both").click()
    expect(page.locator(".mg-verdict")).to_contain_text("differs in")
    marked = page.locator("figure pre").first.locator(".mg-differs").all_inner_texts()
    names = {text.strip().split(":")[0].strip('"') for text in marked}
    assert {"id"} <= names <= {"id", "credential_id", "created_at", "updated_at"}


def test_a_narrow_page_has_no_scroll_bar_across(opened: Seen) -> None:
    page = opened.page
    page.set_viewport_size({"width": 420, "height": 860})
    opened.sign_in()
    opened.run()
    expect(page.locator(".mg-answered")).to_contain_text("200")
    for button in ("Show REST and GraphQL", "Show Documentation Explorer"):
        page.get_by_role("button", name=button).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 420
        assert page.locator(".graphiql-plugin").bounding_box() is not None
    assert opened.errors == []


@pytest.mark.skipif(not AXE.is_file(), reason="axe is not installed: run `make explorer`")
def test_axe_finds_nothing_new(themed: Seen, theme: str) -> None:
    """Against the baseline, which has what libraries leave to be wished; by state and theme."""
    page, found = themed.page, {}
    page.evaluate(AXE.read_text("utf-8"))
    found["nobody"] = _axe(themed)
    themed.sign_in()
    themed.run()
    expect(page.locator(".mg-answered")).to_contain_text("200")
    found["answer"] = _axe(themed)
    page.get_by_role("button", name="Show REST and GraphQL").click()
    page.get_by_role("button", name=re.compile("getOrgs ")).click()
    page.get_by_role("button", name="Run both").click()
    expect(page.locator(".mg-verdict")).to_contain_text("Equal")
    found["rest"] = _axe(themed)
    page.get_by_role("button", name="Show Documentation Explorer").click()
    found["docs"] = _axe(themed)
    known = json.loads(BASELINE.read_text("utf-8"))[theme]
    new = {state: sorted(set(rules) - set(known[state])) for state, rules in found.items()}
    assert not any(new.values()), new


def _axe(seen: Seen) -> list[str]:
    """The rules that are broken, each with the class of what breaks it."""
    seen.page.wait_for_timeout(500)  # colours that fade in are no fault
    violations = seen.page.evaluate("axe.run().then((result) => result.violations)")
    return sorted(
        {f"{rule['id']}: {_class(node['html'])}" for rule in violations for node in rule["nodes"]}
    )


def _class(html: str) -> str:
    """What an element is, without what differs from one build or page to the next."""
    tag = re.match(r"<(\w+)", html)
    names = re.search(r'class="([^" ]*)', html)
    return f"{tag[1] if tag else '?'}.{names[1] if names else ''}"
