import { authorized } from '../identity';
import type { Endpoint, Parameter } from './map';

/** What is filled in, by the name of the parameter: texts, and files where files are sent. */
export type Values = Record<string, string | File | undefined>;

export interface RestRequest {
  readonly url: string;
  readonly init: RequestInit;
}

const isGiven = (value: string | File | undefined) => value instanceof File || Boolean(value?.trim());

export function missing(endpoint: Endpoint, values: Values): string[] {
  return endpoint.variables.filter((each) => each.required && !isGiven(values[each.name])).map((each) => each.name);
}

export function restRequest(endpoint: Endpoint, values: Values): RestRequest {
  const body = bodyOf(endpoint, values);
  const json = typeof body === 'string';
  return {
    url: addressOf(endpoint, values),
    init: {
      method: endpoint.method,
      headers: authorized(json ? { 'Content-Type': 'application/json' } : {}),
      body,
    },
  };
}

/** The path with its parameters, and the query; a parameter that is not given keeps its braces. */
export function addressOf(endpoint: Endpoint, values: Values): string {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (braces, name: string) => {
    const value = values[name];
    return typeof value === 'string' && value.trim() ? encodeURIComponent(value.trim()) : braces;
  });
  const query = new URLSearchParams();
  for (const { name, value } of given(endpoint, values, 'query')) query.append(name, String(value));
  return query.size ? `${path}?${query}` : path;
}

function* given(endpoint: Endpoint, values: Values, place: Parameter['in']) {
  for (const { name, type, in: where } of endpoint.variables) {
    const value = values[name];
    if (where === place && value !== undefined && isGiven(value)) yield { name, type, value };
  }
}

function bodyOf(endpoint: Endpoint, values: Values): BodyInit | undefined {
  const parts = [...given(endpoint, values, 'form')];
  if (parts.length) {
    const form = new FormData();
    for (const { name, value } of parts) form.append(name, value);
    return form;
  }
  const members = [...given(endpoint, values, 'body')];
  if (!endpoint.variables.some((each) => each.in === 'body')) return undefined;
  return JSON.stringify(Object.fromEntries(members.map(({ name, type, value }) => [name, memberOf(type, value)])));
}

/** Texts as they are, anything else as the JSON it is written in. */
export function memberOf(type: string, value: string | File): unknown {
  if (value instanceof File) return undefined;
  if (/^(String|ID|Bytes)!?$/.test(type)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value.startsWith('[') || value.startsWith('{') ? value : type.startsWith('[') ? words(value) : value;
  }
}

export const words = (value: string) => value.split(',').map((each) => each.trim()).filter(Boolean);
