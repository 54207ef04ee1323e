import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { type ExecutionResult, getOperationAST, parse } from 'graphql';
import { createClient as createEventSource } from 'graphql-sse';
import { createClient as createWebSocket } from 'graphql-ws';
import { configuration } from './configuration';
import { type Facts, sent } from './facts';
import { type Headers, authorized } from './identity';
import { store } from './store';

export type Transport = 'WebSocket' | 'SSE';

type Events = AsyncGenerator<ExecutionResult>;

/** How subscriptions are carried. */
export const transport = store<Transport>('WebSocket');
/** What was measured of the latest answer in the editor; null while there is none. */
export const latest = store<Facts | null>(null);
/** How many events the running subscription, or the latest one, has brought; null before any. */
export const events = store<number | null>(null);

export const fetcher: Fetcher = (parameters, options) => {
  const headers = authorized(options?.headers as Headers | undefined);
  if (parameters.operationName === 'IntrospectionQuery') return post(parameters, headers);
  latest.set(null);
  events.set(null);
  return isSubscription(parameters) ? subscribe(parameters, headers) : run(parameters, headers);
};

function isSubscription({ query, operationName }: FetcherParams): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false; // The server says what is wrong with it.
  }
}

async function run(parameters: FetcherParams, headers: Headers) {
  const { answer, facts } = await sendTo(parameters, headers);
  latest.set(facts);
  return answer;
}

async function post(parameters: FetcherParams, headers: Headers) {
  return (await sendTo(parameters, headers)).answer;
}

async function sendTo(parameters: FetcherParams, headers: Headers) {
  const { text, facts } = await sent(configuration.endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json;q=0.9',
      ...headers,
    },
    body: JSON.stringify(parameters),
  });
  return { answer: parsed(text, facts.status), facts };
}

function parsed(text: string, status: number) {
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `The server answered ${status}: ${text.slice(0, 500)}` }] };
  }
}

async function* subscribe(parameters: FetcherParams, headers: Headers): Events {
  const carrier = transport.get() === 'SSE' ? overEventSource(headers) : overWebSocket(headers);
  const { query, variables, operationName } = parameters;
  const payload = {
    query,
    variables: variables as Record<string, unknown> | undefined,
    operationName: operationName ?? undefined,
  };
  let count = 0;
  events.set(count);
  try {
    for await (const event of carrier.iterate(payload)) {
      events.set(++count);
      yield event as ExecutionResult;
    }
  } catch (error) {
    throw closed(error);
  } finally {
    carrier.dispose();
  }
}

function overWebSocket(headers: Headers) {
  const url = new URL(configuration.endpoint, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return createWebSocket({ url: url.href, connectionParams: headers, retryAttempts: 2 });
}

function overEventSource(headers: Headers) {
  return createEventSource({ url: configuration.endpoint, headers, retryAttempts: 2 });
}

/** A socket that closes gives an event in place of an error; GraphiQL shows only errors. */
function closed(error: unknown): unknown {
  if (error instanceof CloseEvent) {
    return new Error(`The connection was closed: ${error.code} ${error.reason}`.trim());
  }
  return Array.isArray(error) ? new Error(error.map((each) => each.message).join('\n')) : error;
}
