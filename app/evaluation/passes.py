"""One pass over a draft: what is invalid, what is found, what is missing, what relationships do."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from app.evaluation.actions import (
    ADD_RELATIONSHIP,
    DELETE_RELATIONSHIP,
    Action,
    action,
    done,
    new_status,
    without_ties,
)
from app.evaluation.additions import additions
from app.evaluation.bonds import APPROVED, DELETED, IDENTIFIED, Bond
from app.evaluation.definitions import Definition, Definitions
from app.evaluation.draft import Draft
from app.evaluation.policies import POLICIES
from app.evaluation.policy import Focus, Policy
from app.evaluation.refusals import OverLimit
from app.evaluation.routes import INVENTORY

#: Called once for each definition of each pass: it raises to end the evaluation.
Checkpoint = Callable[[], None]


@dataclass
class Passes:
    """The passes of one evaluation, which end when one changed nothing.

    Meshery makes another only after some of the operations, and finds the rest when asked again.

    The first looks at all. A later one looks only at components that the one before changed, and
    at definitions of models that were not in the design before. `ties` are the places that
    relationships disagreed about.
    """

    draft: Draft
    definitions: Definitions
    switched_off: frozenset[str]
    checkpoint: Checkpoint
    focus: set[str] | None = None
    models: frozenset[str] = frozenset()
    ties: set[Hashable] = field(default_factory=set)

    def run(self) -> list[Action]:
        """The actions of a pass that had an effect; `focus` is what the next one must look at."""
        scope = self._scope()
        actions = done(self.draft, self._invalid())
        fresh = self._found(scope)
        actions += [action(ADD_RELATIONSHIP, item=each.raw) for each in fresh]
        inventory = (each for each, _ in scope if each.policy == INVENTORY)
        actions += done(
            self.draft, [one for each in inventory for one in additions(self.draft, each)]
        )
        wanted, ties = without_ties(list(self._acts(fresh)))
        self.ties.update(ties)
        actions += done(self.draft, wanted)
        self._close(fresh)
        return actions

    def _close(self, fresh: Sequence[Bond]) -> None:
        draft = self.draft
        for each in fresh:
            if each.id in draft.bonds:
                draft.bonds[each.id].fulfilled = False
        draft.resolve_aliases()
        self.focus, draft.changed = draft.changed, set()
        draft.remembered.clear()

    def _scope(self) -> list[tuple[Definition, Focus]]:
        """The definitions of the design's models, and what each has to look at."""
        before = self.models
        parts = self.draft.parts.values()
        self.models = frozenset(part.model for part in parts if part.id)
        scope = self.definitions.scope(self.models, self.switched_off)
        return [(each, self.focus if each.model in before else None) for each in scope]

    def _invalid(self) -> Iterator[Action]:
        """Relationships of which an end is missing are deleted, whatever their values."""
        near = None if self.focus is None else self._near(self.focus)
        bonds = [one for one in self.draft.bonds.values() if near is None or one.id in near]
        for policy in POLICIES:
            for one in bonds:
                if one.policy == policy.name and self._is_invalid(policy, one):
                    yield new_status(one, DELETED)

    def _is_invalid(self, policy: Policy, one: Bond) -> bool:
        if not one.id or one.status in policy.spared:
            return False
        return one.ends is None or not all(end in self.draft.parts for end in one.ends)

    def _found(self, scope: Sequence[tuple[Definition, Focus]]) -> list[Bond]:
        """The relationships that are new, in the draft already."""
        found: dict[str, Bond] = {}
        room = self.draft.options.limits.produced - self.draft.produced
        for policy in POLICIES:
            for definition, focus in scope:
                if definition.policy != policy.name:
                    continue
                self.checkpoint()
                for one in policy.identify(self.draft, definition, focus):
                    found.setdefault(one.id, one)
                    if len(found) > room:
                        raise OverLimit(
                            f"more than {self.draft.options.limits.produced} relationships were"
                            " found; that many are not added to a design"
                        )
        return [each for each in found.values() if self.draft.add_bond(each)]

    def _acts(self, fresh: Sequence[Bond]) -> Iterator[Action]:
        awake = self._awake(fresh)
        for policy in POLICIES:
            bonds = [one for one in awake if one.policy == policy.name]
            identified = [one for one in bonds if one.status == IDENTIFIED]
            for one in identified[: self.draft.options.limits.approvals]:
                yield new_status(one, APPROVED)
            for one in bonds:
                if one.status == DELETED:
                    yield action(DELETE_RELATIONSHIP, id=one.id, relationship=one.raw)
            for one in bonds:
                yield from policy.act(self.draft, one)

    def _awake(self, fresh: Sequence[Bond]) -> list[Bond]:
        """The relationships that may do something, in order.

        Those at changed components, those not yet approved, and, so that rivals meet, all that
        write to a component which one of these writes to.
        """
        draft = self.draft
        if self.focus is None:
            return [one for one in draft.bonds.values() if one.id and one.policy]
        near = self._near(self.focus)
        near.update(one.id for one in fresh)
        near.update(one.id for one in draft.bonds.values() if one.status == IDENTIFIED)
        written = {end for id_ in near for end in self._written(draft.bonds[id_])}
        near.update(
            one.id
            for end in written
            for one in draft.incident.get(end, {}).values()
            if end in self._written(one)
        )
        return [one for one in draft.bonds.values() if one.id in near and one.policy]

    def _near(self, focus: set[str]) -> set[str]:
        """The ids of the relationships at components."""
        return {id_ for each in focus for id_ in self.draft.incident.get(each, ())}

    def _written(self, one: Bond) -> Iterator[str]:
        """The components that a relationship writes to, with their aliases."""
        for each in (*one.links, *one.matches):
            alias = self.draft.aliases.get(each.mutated)
            target = alias.parent if alias else each.mutated
            yield target
            yield from self.draft.aliased.get(target, ())
