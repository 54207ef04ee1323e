/**
 * What is filled in → the variables of the operation, by the types that the document declares. The
 * facade does the same; what it refuses is passed on here, for GraphQL to refuse.
 */
import {
  type DocumentNode,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  Kind,
  type TypeNode,
  type VariableDefinitionNode,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  typeFromAST,
} from 'graphql';
import type { Endpoint, Parameter } from './map';
import { type Values, memberOf, words } from './request';

const LARGEST_PAGE = 100;
/** Members of a filter that REST calls otherwise; all else is in snake_case. */
const FILTERS: Record<string, string> = { deletedAt: 'deleted', owner: 'ownerId', organization: 'organizationId' };

export type Variables = Record<string, unknown>;

export async function variablesOf(
  schema: GraphQLSchema,
  endpoint: Endpoint,
  document: DocumentNode,
  values: Values,
): Promise<Variables> {
  const variables: Variables = {};
  for (const definition of definitions(document)) {
    const name = definition.variable.name.value;
    const parameter = endpoint.variables.find((each) => each.name === name);
    const value = await valueOf(inputType(schema, definition.type), parameter, name, values);
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}

function definitions(document: DocumentNode): readonly VariableDefinitionNode[] {
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  return operation?.variableDefinitions ?? [];
}

function inputType(schema: GraphQLSchema, node: TypeNode): GraphQLInputType | undefined {
  const type = typeFromAST(schema, node as never);
  return isInputType(type) ? type : undefined;
}

async function valueOf(
  type: GraphQLInputType | undefined,
  parameter: Parameter | undefined,
  name: string,
  values: Values,
): Promise<unknown> {
  if (name.replace(/^_/, '') === 'all' && values.pagesize === 'all') return true;
  const value = values[name];
  if (!parameter || value === undefined || value === '' || !type) return undefined;
  if (value instanceof File) return base64(value);
  if (parameter.in === 'body' || parameter.in === 'form') return inBody(type, memberOf(String(type), value));
  return inQuery(type, name, value.trim());
}

/** A value of JSON, with the spellings of GraphQL. */
function inBody(type: GraphQLInputType, value: unknown): unknown {
  const kind = getNullableType(type);
  if (isListType(kind) && Array.isArray(value)) return value.map((each) => inBody(kind.ofType, each));
  if (isEnumType(kind)) return enumValue(kind, value);
  if (isInputObjectType(kind) && isRecord(value)) return inputObject(kind, value);
  return value;
}

function inputObject(kind: GraphQLInputObjectType, value: Record<string, unknown>): Variables {
  const fields = kind.getFields();
  const named = Object.entries(value).map(([name, given]) => [camel(name), given] as const);
  return Object.fromEntries(
    named.flatMap(([name, given]) => (fields[name] ? [[name, inBody(fields[name].type, given)]] : [])),
  );
}

function inQuery(type: GraphQLInputType, name: string, text: string): unknown {
  const kind = getNullableType(type);
  if (name === 'page') return Number.parseInt(text, 10) || 0;
  if (name === 'pagesize') return Math.min(Number.parseInt(text, 10), LARGEST_PAGE) || undefined;
  if (isListType(kind)) return words(text).map((each) => inQuery(kind.ofType, '', each));
  if (isEnumType(kind)) return enumValue(kind, text);
  if (isInputObjectType(kind)) return 'direction' in kind.getFields() ? order(kind, text) : filter(kind, text);
  if (kind.name === 'Boolean') return ({ true: true, 1: true, false: false, 0: false } as Record<string, boolean>)[text];
  return kind.name === 'Int' ? Number(text) : text;
}

/** `name asc`: a column and a direction. */
function order(kind: GraphQLInputObjectType, text: string): unknown {
  const [word = '', direction] = text.split(' ');
  const columns = kind.getFields().field?.type;
  const column = columns && enumValue(getNamedType(columns) as GraphQLEnumType, snake(word));
  if (!direction || text.split(' ').length !== 2 || column === snake(word)) return undefined;
  return { field: column, direction: direction.toLowerCase() === 'desc' ? 'DESC' : 'ASC' };
}

/** `<key> <value…>`, or a JSON object. */
function filter(kind: GraphQLInputObjectType, text: string): unknown {
  const fields = kind.getFields();
  const entries = Object.entries(text.startsWith('{') ? json(text) : keyed(text)).flatMap(([key, given]) => {
    const name = FILTERS[camel(key)] ?? camel(key);
    const type = fields[name]?.type;
    if (!type || name === 'and') return [];
    return [[name, name === 'deleted' ? given === 'Deleted' : condition(type, given)]];
  });
  return entries.length ? Object.fromEntries(entries) : undefined;
}

function condition(type: GraphQLInputType, value: unknown): unknown {
  const kind = getNullableType(type);
  if (!isListType(kind)) return inBody(type, value);
  return (Array.isArray(value) ? value : [value]).map((each) => inBody(kind.ofType, each));
}

function keyed(text: string): Record<string, unknown> {
  const [, key, value] = /^(\S+)\s+(.+)$/.exec(text) ?? [];
  return key ? { [key]: value } : {};
}

function json(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** `not found` is `NOT_FOUND`; what is none of the values is left as it is. */
function enumValue(kind: GraphQLEnumType, value: unknown): unknown {
  const plain = (text: string) => text.toLowerCase().replace(/[ _]/g, '');
  return kind.getValues().find((each) => plain(each.name) === plain(String(value)))?.name ?? value;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const camel = (text: string) => text.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const snake = (text: string) => text.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(''));
}
