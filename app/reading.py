"""Reading what is asked: the document and the variables.

Parse, judge the shape, validate, coerce: what an operation passes before it is priced and executed.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values

from app.documents import Documents
from app.errors import Code
from app.guard import check_shape, fragments_of, has_cycles
from app.limits import Limits, refusal


class Refused(Exception):
    """A document or variables that graphql-core reports errors for."""

    def __init__(self, errors: list[GraphQLError], code: Code) -> None:
        super().__init__(code)
        self.errors = errors
        self.code = code


class Reading:
    """Reads documents for one schema, within its limits; raises `Refused` or a `Problem`."""

    def __init__(
        self, schema: GraphQLSchema, limits: Limits, *, introspection: bool, suggestions: bool
    ) -> None:
        self.limits = limits
        self._schema = schema
        self._hide = not suggestions
        self._rules = specified_rules
        if not introspection:
            self._rules = (*specified_rules, NoSchemaIntrospectionCustomRule)
        self._documents = Documents(limits.cached_characters)

    def valid_document(self, source: str) -> DocumentNode:
        document = self._documents.get(source)
        if document is None:
            document = self._parse(source)
            check_shape(document, self.limits)
            self._validate(document)
            self._documents.add(source, document)
        return document

    def _parse(self, source: str) -> DocumentNode:
        limits = self.limits
        if len(source) > limits.source_length:
            raise refusal("source_length", limits.source_length, len(source))
        try:
            return parse(source, max_lexical_tokens=limits.tokens, max_comments=limits.comments)
        except GraphQLSyntaxError as error:
            raise Refused([error], Code.GRAPHQL_PARSE_FAILED) from None

    def _validate(self, document: DocumentNode) -> None:
        cyclic = has_cycles(fragments_of(document))
        errors = validate(
            self._schema,
            document,
            [NoFragmentCyclesRule] if cyclic else self._rules,
            max_errors=self.limits.errors,
            hide_suggestions=self._hide,
            allow_empty_selection_sets=False,
        )
        if errors:
            raise Refused(errors, Code.GRAPHQL_VALIDATION_FAILED)

    def coerce(
        self, operation: OperationDefinitionNode, variables: dict[str, Any]
    ) -> VariableValues:
        coerced = get_variable_values(
            self._schema,
            operation.variable_definitions or (),
            variables,
            max_errors=self.limits.errors,
            hide_suggestions=self._hide,
        )
        if isinstance(coerced, list):
            raise Refused(coerced, Code.BAD_USER_INPUT)
        return coerced
