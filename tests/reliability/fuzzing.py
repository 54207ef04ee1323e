"""Schemathesis against a server, and what of its findings is as it should be, with the reason."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.demo import demo_id
from app.errors import Code
from tests.reliability.outsiders import program
from tests.serving import ROOT

#: Ids of the demo that are put into operations of the graph.
IDS = tuple(
    demo_id(*each)
    for each in (
        ("organization", "cooperative"),
        ("team", "platform"),
        ("user", "member"),
        ("environment", "staging"),
        ("connection", "berlin"),
    )
)
SEED = "1"
CONFIG = Path(__file__).with_name("schemathesis.toml")
#: Statuses that are answered on every endpoint, documented or not; the README lists them.
ADDED = frozenset({400, 405, 412, 413, 422, 429, 503})
#: What a caller is told who is wrong, or of whom there are too many: anything but a bug.
CODES = frozenset(Code) - {Code.INTERNAL_SERVER_ERROR}


@dataclass(frozen=True)
class Finding:
    """What a check has against an answer; `code` is Schemathesis's own."""

    code: str
    operation: str
    message: str
    status: int = 0
    body: str = ""
    sent: str = ""

    def __str__(self) -> str:
        said = f"{self.message[:300]!r} {self.body[:200]!r}"
        return f"{self.code} {self.status} {self.operation}: {said}"


@dataclass(frozen=True)
class Exempt:
    """Findings that are no flaws, and why.

    Patterns: `message` of a part of what is said; `code`, and `sent` of the body, of the whole.
    """

    code: str
    message: str
    reason: str
    statuses: frozenset[int] = frozenset(range(600))
    sent: str = ".*"

    def covers(self, finding: Finding) -> bool:
        return (
            re.fullmatch(self.code, finding.code) is not None
            and finding.status in self.statuses
            and re.search(self.message, finding.message) is not None
            and re.fullmatch(self.sent, finding.sent, re.DOTALL) is not None
        )


EXEMPT: tuple[Exempt, ...] = (
    Exempt("ST103", "", "statuses that are added to the documents, and listed", ADDED),
    Exempt(
        "ST201",
        r"parameter `(page|pagesize|all)` in query|at /properties/(page|pagesize|all)\b",
        "clients send `pagesize=all`, blanks and more than 100: what is no number is the default",
    ),
    Exempt(
        "ST201",
        r"parameter `(teamId|search|order|filter|name|kind|type|status)` in query",
        "clients send blank parameters, which are as good as absent, and lists in four grammars",
    ),
    Exempt(
        "ST20[45]",
        r"Unsupported method (PUT|DELETE) returned|Undocumented methods advertised",
        "`delete` and `by-domain` are ids to methods that they do not have: a user may be `keys`",
        frozenset({400, 404, 405}),
    ),
    Exempt(
        "ST201",
        "in body - invalid syntax: random bytes",
        "white space is no body, and of an event all members may be left out",
        sent=r"\s*",
    ),
    Exempt(
        "ValueError",
        "Unsupported type: 'Binary'",
        "Schemathesis cannot judge the bytes of a file that it has made itself",
    ),
    Exempt(
        "ST201",
        r"in body - .*: Incorrect type",
        "a null is as good as absent, and a PUT of a connection may be partial",
    ),
)


def fuzz(location: str, token: str, folder: Path, *, seconds: int) -> Fuzz:
    """Start an attack on the OpenAPI document or the graph at an address, which ends by itself."""
    report = folder / f"{location.rpartition('/')[2]}.ndjson"
    command = [str(program("st")), "--config-file", str(CONFIG), "run", location]
    command += ["--header", f"Authorization: Bearer {token}", "--continue-on-failure"]
    command += ["--max-time", str(seconds), "--max-examples", "10", "--seed", SEED, "--no-shrink"]
    command += ["--request-timeout", "30"]
    command += ["--report", "ndjson", "--report-ndjson-path", str(report), "--checks", "all"]
    command += ["--exclude-checks", "object_level_authorization"]  # it wants a second identity
    hooks = {
        "SCHEMATHESIS_HOOKS": "tests.reliability.scalars",
        "MESHGRAPH_IDS": " ".join(map(str, IDS)),
    }
    process = subprocess.Popen(
        command,
        cwd=folder,  # where it leaves what it remembers
        env={**os.environ, **hooks, "PYTHONPATH": str(ROOT)},
        stdout=(folder / f"{report.stem}.txt").open("wb"),
        stderr=subprocess.STDOUT,
    )
    return Fuzz(process, report)


@dataclass(frozen=True)
class Fuzz:
    """An attack under way."""

    process: subprocess.Popen[bytes]
    report: Path

    def findings(self) -> tuple[list[Finding], int]:
        """What was found in the end, and the number of requests."""
        self.process.wait()
        found, requests = list[Finding](), 0
        for kind, event in _events(self.report):
            if kind == "ScenarioFinished":
                requests += len(event["recorder"].get("interactions", {}))
                found += _findings(event["recorder"])
            elif kind == "NonFatalError":
                broken = event["value"]
                found.append(Finding(broken["type"], event["label"], broken["message"]))
        return found, requests


def unexplained(findings: list[Finding]) -> list[Finding]:
    """Those that no row of `EXEMPT` covers, nor an answer that says what a caller did wrong."""
    return [
        each
        for each in findings
        if not any(row.covers(each) for row in EXEMPT) and not _is_told(each)
    ]


def _is_told(finding: Finding) -> bool:
    """Whether the graph refused what fits its schema, by rules that a schema does not say.

    Schemathesis takes an answer without data for an error of the server.
    """
    if finding.code not in ("ST113", "ST206"):
        return False
    errors = json.loads(finding.body).get("errors", ())
    return bool(errors) and all(each["extensions"]["code"] in CODES for each in errors)


def _events(report: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with report.open("rb") as lines:
        for line in lines:
            yield from json.loads(line).items()


def _findings(scenario: dict[str, Any]) -> Iterator[Finding]:
    for case, checks in scenario.get("checks", {}).items():
        interaction = scenario["interactions"].get(case, {})
        answer = interaction.get("response") or {}
        for check in checks:
            if check["status"] != "success":
                failure = check["failure_info"]["failure"]
                yield Finding(
                    failure["code"],
                    failure["operation"] or scenario["label"],
                    failure["message"],
                    answer.get("status_code", 0),
                    _text(answer.get("content")),
                    _text(interaction.get("request", {}).get("body")),
                )


def _text(content: Any) -> str:
    raw = content.get("$base64", "") if isinstance(content, dict) else ""
    return base64.b64decode(raw).decode("utf-8", "replace")
