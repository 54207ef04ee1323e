"""How a value of the mutator and one of the mutated must agree, and the keys to join them by."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from app.evaluation.values import equal, frozen, printed

#: Under which a value is filed that any value agrees with.
EVERY = (b"every",)


def contains(outer: Any, inner: Any) -> bool:
    """Whether an object has all of another, deeply; nothing is in everything, lists are equal."""
    if inner is None:
        return True
    if isinstance(outer, dict) and isinstance(inner, dict):
        return all(name in outer and contains(outer[name], inner[name]) for name in inner)
    return equal(outer, inner)


#: By name: whether a mutator's value (first) and a mutated one agree. Any other name is `equal`.
STRATEGIES: Mapping[str, Callable[[Any, Any], bool]] = {
    "equal": equal,
    "equal_as_strings": lambda mutator, mutated: printed(mutator) == printed(mutated),
    "to_contains_from": lambda mutator, mutated: contains(mutated, mutator),
    "not_null": lambda mutator, mutated: mutator is not None and mutated is not None,
}

Strategies = tuple[str, ...]


def known(names: Iterable[str] | None) -> Strategies:
    """The strategies of a pair of references, each once; without any it is `equal`."""
    given = [name if name in STRATEGIES else "equal" for name in names or ("equal",)]
    return tuple(sorted(set(given)))


def agree(strategies: Strategies, mutator: Any, mutated: Any) -> bool:
    """Whether all of the strategies hold."""
    return all(STRATEGIES[name](mutator, mutated) for name in strategies)


def decided_by_key(strategies: Strategies) -> bool:
    """Whether two values agree just if a key of theirs is the same."""
    others = set(strategies) - {"not_null"}
    return others in ({"equal"}, {"equal_as_strings"}, set())


def mutator_keys(strategies: Strategies, value: Any) -> list[Hashable]:
    """The keys that a mutator's value is looked up by: any value that agrees has one of them."""
    return _keys(strategies, value, lambda each: [_sought(each)])


def mutated_keys(strategies: Strategies, value: Any) -> list[Hashable]:
    """The keys that a mutated value is filed under."""
    return _keys(strategies, value, _contained)


def _keys(
    strategies: Strategies, value: Any, of_containment: Callable[[Any], list[Hashable]]
) -> list[Hashable]:
    if value is None and "not_null" in strategies:
        return []
    if "equal" in strategies:
        return [frozen(value)]
    if "equal_as_strings" in strategies:
        return [printed(value)]
    return of_containment(value) if "to_contains_from" in strategies else [EVERY]


def _sought(value: Any) -> Hashable:
    """One member of the object that is to be contained, which must be filed."""
    if value is None:
        return EVERY
    if not isinstance(value, dict):
        return (b"=", frozen(value))
    if not value:
        return (b"{}",)
    # That with the longest name: short ones, as `app`, are in many labels.
    name = max(value, key=lambda each: (len(each), each))
    return _member(name, value[name])


def _member(name: str, value: Any) -> Hashable:
    if value is None or isinstance(value, dict):
        return (name, b"any")
    return (name, frozen(value))


def _contained(value: Any) -> list[Hashable]:
    keys: list[Hashable] = [EVERY, (b"=", frozen(value))]
    if isinstance(value, dict):
        keys.append((b"{}",))
        keys += [(name, b"any") for name in value]
        keys += [_member(name, each) for name, each in value.items()]
    return keys
