"""The graph, put together from its nouns. `schema` is the executable schema."""

from __future__ import annotations

import strawberry
from strawberry.tools import merge_types
from strawberry.types import get_object_definition

from resolvers.answers import Anyone, Public
from resolvers.fields import REQUIRED, computed
from resolvers.nodes import find_node, find_nodes
from schema.connections import ConnectionMutation, ConnectionQuery
from schema.designs import DesignMutation, DesignQuery
from schema.environments import EnvironmentMutation, EnvironmentQuery
from schema.evaluations import EvaluationMutation
from schema.events import EventMutation, EventQuery, EventSubscription
from schema.keys import KeyQuery
from schema.nodes import Node
from schema.organizations import OrganizationMutation, OrganizationQuery
from schema.registrations import RegistrationMutation
from schema.registry import RegistryQuery
from schema.rest_calls import RestCallQuery
from schema.scalars import configuration
from schema.teams import OrganizationTeam, TeamMutation, TeamQuery
from schema.users import UserQuery

_ID = strawberry.ID


@strawberry.type
class NodeQuery:
    node: Node | None = computed(
        lambda context, _, id: find_node(context, id),  # noqa: A006 - the argument's name
        "Anything you may see, by its id.",
        ("id", _ID, "The id to look up.", REQUIRED),
        access=Public.SIGNED_IN,
        answer=Anyone(Public.SIGNED_IN),
    )
    nodes: list[Node | None] = computed(
        lambda context, _, ids: find_nodes(context, ids),
        "Several things by their ids, in the same order; null where you may see none.",
        ("ids", list[_ID], "The ids to look up.", REQUIRED),
        access=Public.SIGNED_IN,
    )


Query = merge_types(
    "Query",
    (
        NodeQuery,
        OrganizationQuery,
        TeamQuery,
        UserQuery,
        EnvironmentQuery,
        ConnectionQuery,
        KeyQuery,
        RegistryQuery,
        DesignQuery,
        EventQuery,
        RestCallQuery,
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        OrganizationMutation,
        TeamMutation,
        EnvironmentMutation,
        ConnectionMutation,
        RegistrationMutation,
        DesignMutation,
        EvaluationMutation,
        EventMutation,
    ),
)

Subscription = merge_types("Subscription", (EventSubscription,))

#: `merge_types` describes nothing.
for _root, _text in (
    (Query, "What may be asked. Everything else is reached from these fields."),
    (Mutation, "What may be changed. Each takes one `input` and answers with what has come of it."),
    (Subscription, "What may be followed. Each answer is one thing that has happened."),
):
    get_object_definition(_root, strict=True).description = _text

schema = strawberry.Schema(
    Query, Mutation, Subscription, types=[OrganizationTeam], config=configuration()
)
