import { authorized } from '../identity';
import type { Endpoint, Parameter } from './map';

/** What is filled in, by the name of the parameter: texts, and files where files are sent. */
export type Values = Record<string, string | File | undefined>;

/** A request in the parts that its values go to. */
export interface Parts {
  readonly path: Record<string, string>;
  readonly query: URLSearchParams;
  /** Members of the JSON object, or of the form, that is the body; files as they are. */
  readonly body: Record<string, unknown>;
}

export function partsOf(endpoint: Endpoint, values: Values): Parts {
  const parts: Parts = { path: {}, query: new URLSearchParams(), body: {} };
  for (const parameter of endpoint.variables) {
    const value = values[parameter.name];
    if (value === undefined || value === '') continue;
    if (parameter.in === 'path') parts.path[parameter.name] = String(value).trim();
    else if (parameter.in === 'query') parts.query.append(parameter.name, String(value).trim());
    else parts.body[parameter.name] = value instanceof File ? value : memberOf(parameter, value);
  }
  return parts;
}

export function restRequest(endpoint: Endpoint, values: Values): { url: string; init: RequestInit } {
  const body = encoded(endpoint, partsOf(endpoint, values));
  const headers = authorized(typeof body === 'string' ? { 'Content-Type': 'application/json' } : {});
  return { url: addressOf(endpoint, values), init: { method: endpoint.method, headers, body } };
}

/** The path with its parameters, and the query; a parameter that is not given keeps its braces. */
export function addressOf(endpoint: Endpoint, values: Values): string {
  const { path, query } = partsOf(endpoint, values);
  const filled = endpoint.path.replace(/\{(\w+)\}/g, (braces, name: string) =>
    path[name] ? encodeURIComponent(path[name]) : braces,
  );
  return query.size ? `${filled}?${query}` : filled;
}

function encoded(endpoint: Endpoint, { body }: Parts): BodyInit | undefined {
  if (!endpoint.accepts) return undefined;
  if (endpoint.accepts === 'application/json') return JSON.stringify(body);
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) {
    form.append(name, value instanceof File ? value : typeof value === 'string' ? value : JSON.stringify(value));
  }
  return form;
}

/** Texts as they are; of other types what is JSON as its value. */
function memberOf({ type }: Parameter, value: string): unknown {
  if (/^(String|ID|Bytes|DateTime)!?$/.test(type)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return type.startsWith('[') ? value.split(',').map((each) => each.trim()) : value;
  }
}
