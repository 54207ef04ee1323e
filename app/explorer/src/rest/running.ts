import { configuration } from '../configuration';
import { type Facts, sent } from '../facts';
import { authorized } from '../identity';
import type { Endpoint, Operation } from './map';
import { type Values, restRequest } from './request';
import { bodyOf } from './shaping';
import type { Variables } from './translating';

/** What one side answered: a body, nothing (undefined), or why it refused. */
export interface Run {
  readonly facts: Facts;
  readonly body: unknown;
  readonly refusal: string | null;
}

export async function runRest(endpoint: Endpoint, values: Values): Promise<Run> {
  const { url, init } = restRequest(endpoint, values);
  const { text, facts } = await sent(url, init);
  if (facts.status >= 400) return { facts, body: undefined, refusal: text || 'No text.' };
  return { facts, body: text ? parsed(text) : undefined, refusal: null };
}

export async function runGraphQL(endpoint: Endpoint, operation: Operation, variables: Variables): Promise<Run> {
  const { text, facts } = await sent(configuration.endpoint, {
    method: 'POST',
    headers: authorized({ 'Content-Type': 'application/json', Accept: 'application/graphql-response+json' }),
    body: JSON.stringify({ query: operation.text, variables, operationName: endpoint.name }),
  });
  const answer = parsed(text) as { data?: unknown; errors?: { message: string }[] };
  if (answer.errors) return { facts, body: undefined, refusal: answer.errors.map((each) => each.message).join('\n') };
  const body = bodyOf(operation.document, answer.data);
  return body === null ? { facts, body, refusal: 'Nothing: the data is null.' } : { facts, body, refusal: null };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
