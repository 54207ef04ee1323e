import { authorized } from '../identity';
import type { Endpoint } from './map';
import { type Values, partsOf } from './request';

export type Variables = Record<string, unknown>;

/**
 * The variables that a request becomes, as the server reads it; nothing is executed. Throws an
 * error with the sentence of the endpoint where the request would be refused.
 */
export async function translated(endpoint: Endpoint, values: Values): Promise<Variables> {
  const lacking = endpoint.variables.filter((each) => each.required && !values[each.name]);
  if (lacking.length) throw new Error(`Still to be filled in: ${lacking.map((each) => each.name).join(', ')}.`);
  const { path, query, body } = partsOf(endpoint, values);
  const response = await fetch(endpoint.document, {
    method: 'POST',
    headers: authorized({ 'Content-Type': 'application/json' }),
    body: JSON.stringify({ path, query: String(query), body: await withoutFiles(body) }),
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()).variables;
}

/** Files as base64; the name of one is told as a form tells it. */
async function withoutFiles(body: Record<string, unknown>): Promise<Record<string, unknown>> {
  const made: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    made[name] = value instanceof File ? await base64(value) : value;
    if (value instanceof File) made.fileName ??= value.name;
  }
  return made;
}

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(''));
}
