import { type DocumentNode, parse } from 'graphql';
import { configuration } from '../configuration';
import { authorized } from '../identity';

export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly in: 'path' | 'query' | 'body' | 'form';
  readonly required: boolean;
  readonly description: string;
  /** null where none should be tried. */
  readonly example: unknown;
  /** All there are, where there are so many only. */
  readonly values?: readonly string[];
}

export interface Endpoint {
  readonly name: string;
  readonly summary: string;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  readonly aliases: readonly string[];
  /** The media type of what is sent; null where nothing is. */
  readonly accepts: string | null;
  readonly status: number;
  readonly document: string;
  readonly variables: readonly Parameter[];
}

/** The operation of an endpoint: its text with the fragments, and the same parsed. */
export interface Operation {
  readonly text: string;
  readonly document: DocumentNode;
}

/** The documented endpoints; throws an error with a sentence where the server has no list. */
export async function endpoints(): Promise<Endpoint[]> {
  const response = await fetch(configuration.restMap, { headers: authorized({ Accept: 'application/json' }) });
  if (response.status === 404) throw new Error('This server does not show its list of endpoints.');
  if (!response.ok) throw new Error(`The server answered ${response.status} for the list of endpoints.`);
  return (await response.json()).endpoints;
}

export async function operationOf(endpoint: Endpoint): Promise<Operation> {
  const response = await fetch(endpoint.document, { headers: authorized() });
  if (!response.ok) throw new Error(`The server answered ${response.status} for the operation.`);
  const text = (await response.text()).trim();
  return { text, document: parse(text) };
}

/** Whether each word is in the name, the summary, the tag, the method or a path. */
export function isFound(endpoint: Endpoint, search: string): boolean {
  const { name, summary, tag, method, path, aliases } = endpoint;
  const text = [name, summary, tag, method, path, ...aliases].join(' ').toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** Whether it changes nothing. */
export const isSafe = (endpoint: Endpoint) => endpoint.method === 'GET';
