/**
 * A result → the body that the facade makes of it: what is at the field called `body`, and where
 * a `body` is all that is selected of an object inside it, that in its place.
 */
import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

const BODY = 'body';

interface Selected {
  readonly name: string;
  readonly children: readonly Selected[];
}

/** The body; undefined where the operation selects none, null where there is nothing. */
export function bodyOf(document: DocumentNode, data: unknown): unknown {
  const fields = selected(document);
  const path = pathTo(fields);
  if (!path) return undefined;
  let value = data as Record<string, unknown> | null | undefined;
  let level = fields;
  for (const name of path) {
    value = value?.[name] as typeof value;
    level = within(level, name);
  }
  return value === null || value === undefined ? null : reshaped(level, value);
}

function reshaped(fields: readonly Selected[], value: unknown): unknown {
  if (!fields.length || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each) => reshaped(fields, each));
  const object = value as Record<string, unknown>;
  if (fields.every(({ name }) => name === BODY)) return reshaped(within(fields, BODY), object[BODY]);
  return Object.fromEntries(
    Object.entries(object).map(([name, member]) => [name, reshaped(within(fields, name), member)]),
  );
}

const within = (fields: readonly Selected[], name: string) =>
  fields.filter((each) => each.name === name).flatMap((each) => each.children);

function pathTo(fields: readonly Selected[]): string[] | null {
  if (fields.some(({ name }) => name === BODY)) return [BODY];
  for (const { name, children } of fields) {
    const rest = pathTo(children);
    if (rest) return [name, ...rest];
  }
  return null;
}

function selected(document: DocumentNode): Selected[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  }
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  return fieldsOf(operation?.selectionSet, fragments);
}

function fieldsOf(set: SelectionSetNode | undefined, fragments: Map<string, FragmentDefinitionNode>): Selected[] {
  return (set?.selections ?? []).flatMap((node) => {
    if (node.kind === Kind.FRAGMENT_SPREAD) return fieldsOf(fragments.get(node.name.value)?.selectionSet, fragments);
    if (node.kind === Kind.INLINE_FRAGMENT) return fieldsOf(node.selectionSet, fragments);
    const name = node.alias?.value ?? node.name.value;
    return [{ name, children: fieldsOf(node.selectionSet, fragments) }];
  });
}
