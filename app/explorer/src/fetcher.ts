import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { type ExecutionResult, getOperationAST, parse } from 'graphql';
import { NetworkError, createClient as createEventSource } from 'graphql-sse';
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
  const only = onlyOperation(parameters.query);
  // Right after a change GraphiQL still has the name of the operation that was there before.
  const asked = only ? { ...parameters, operationName: only.name?.value } : parameters;
  return isSubscription(asked) ? subscribe(asked, headers) : run(asked, headers);
};

/** The operation of a document that has one only; the server says what is wrong with any other. */
function onlyOperation(query: string) {
  try {
    return getOperationAST(parse(query));
  } catch {
    return null;
  }
}

function isSubscription({ query, operationName }: FetcherParams): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false;
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
    return refusal(`The server answered ${status}: ${text.slice(0, 500)}`);
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
      if (event.data) events.set(++count);
      yield event as ExecutionResult;
    }
  } catch (error) {
    yield await told(error);
  } finally {
    carrier.dispose();
  }
}

function overWebSocket(headers: Headers) {
  const url = new URL(configuration.endpoint, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return createWebSocket({ url: url.href, connectionParams: headers, retryAttempts: 0 });
}

function overEventSource(headers: Headers) {
  return createEventSource({ url: configuration.endpoint, headers, retryAttempts: 0 });
}

/** What ended a subscription, as a result: errors of GraphQL, a closed socket, a refused request. */
async function told(error: unknown): Promise<ExecutionResult> {
  if (Array.isArray(error)) return { errors: error };
  if (error instanceof CloseEvent) return refusal(`The connection was closed: ${error.code} ${error.reason}`);
  const response = error instanceof NetworkError ? (error.response as Response | undefined) : undefined;
  return response ? parsed(await response.text(), response.status) : refusal(String((error as Error)?.message));
}

/** A result of one error, which no execution has made. */
const refusal = (message: string) => ({ errors: [{ message }] }) as unknown as ExecutionResult;
