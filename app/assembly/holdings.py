"""What a server holds open as long as it runs: the store, and what reaches beyond it."""

from __future__ import annotations

from collections.abc import Mapping

from app import evaluation_work, metrics
from app.away import Away
from app.db.engine import Statements, Store
from app.evaluator import Evaluator
from app.fetching.fetcher import Fetcher
from app.importing import formats
from app.importing.executables import find
from app.intake import Intake
from app.occupancy import Occupancy
from app.outside import Outside
from app.settings import Settings
from app.workers import Workers

#: What worker processes begin with: the module that a server is started by, and their own work.
PRELOADED = ("app.cli", formats.__name__, evaluation_work.__name__)


def open_store(settings: Settings) -> Store:
    """The store, whose statements end before the operations that wait for them."""
    return Store.open(
        settings.database_url,
        pool_seconds=settings.pool_timeout,
        statement_seconds=_statements(settings),
    )


def _statements(settings: Settings) -> Statements:
    slowest = max(settings.query_timeout, settings.mutation_timeout)
    return Statements(one=_sooner(settings.query_timeout), any=_sooner(slowest))


def _sooner(deadline: float) -> float:
    """When the database gives up by itself: a little before whoever waits for it would."""
    return max(deadline - 0.5, deadline / 2)


def open_outside(
    settings: Settings, away: Away | None = None, fetcher: Fetcher | None = None
) -> Outside:
    """What reaches beyond the store; its worker processes start when they are first needed."""
    workers = away or Workers(memory_bytes=settings.workers_memory, preload=PRELOADED)
    tools = find(settings.helm, settings.kubectl, settings.data_dir / "tools")
    return Outside(
        Intake(fetcher or Fetcher(), workers, tools, settings.read_timeout),
        Evaluator(workers, settings.evaluate_timeout),
    )


def pools_of(store: Store, outside: Outside) -> metrics.Pools:
    def pools() -> Mapping[str, Occupancy]:
        return {**store.pools(), "workers": outside.intake.workers.occupancy()}

    return pools
