// Has each client query and subscribe, and prints what it was given as JSON:
// {client: {query: data, subscription: [data, …]}}. The argument is {url, token, query,
// subscription, count}; a subscription is left after `count` results.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { split } from "@apollo/client/link";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { getMainDefinition } from "@apollo/client/utilities";
import { Client as Urql, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import WebSocket from "ws";

const { url, token, query, subscription, count } = JSON.parse(process.argv[2]);
const headers = { Authorization: `Bearer ${token}` };

const ws = () =>
  createWs({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: headers,
    keepAlive: 1_000,
  });

// The first `most` results of something that calls `next`; `subscribe` returns what ends it.
const first = (most, subscribe) =>
  new Promise((resolve, reject) => {
    const found = [];
    const end = subscribe({
      next: (result) => {
        found.push(result);
        if (found.length === most) {
          setTimeout(() => end(), 0);
          resolve(found);
        }
      },
      error: reject,
      complete: () => resolve(found),
    });
  });

const data = (result) => {
  if (result.errors || result.error) throw new Error(JSON.stringify(result));
  return result.data;
};

async function raw(client) {
  const ask = async (text, most) =>
    (await first(most, (sink) => client.subscribe({ query: text }, sink))).map(data);
  const found = { query: (await ask(query, 1))[0], subscription: await ask(subscription, count) };
  await client.dispose();
  return found;
}

async function urql(exchanges, options) {
  const client = new Urql({
    url,
    exchanges,
    preferGetMethod: false,
    fetchOptions: { headers },
    ...options,
  });
  return {
    query: data(await client.query(query, {}).toPromise()),
    subscription: (
      await first(count, ({ next }) => client.subscription(subscription, {}).subscribe(next).unsubscribe)
    ).map(data),
  };
}

async function urqlOverWs() {
  const socket = ws();
  const forwardSubscription = ({ query: text, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query: text, variables }, sink) }),
  });
  const found = await urql([subscriptionExchange({ forwardSubscription }), fetchExchange], {});
  await socket.dispose();
  return found;
}

async function apollo() {
  const socket = ws();
  const isSubscription = ({ query: document }) =>
    getMainDefinition(document).operation === "subscription";
  const link = split(isSubscription, new GraphQLWsLink(socket), new HttpLink({ uri: url, headers }));
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const found = {
    query: data(await client.query({ query: gql(query) })),
    subscription: (
      await first(count, (sink) => {
        const running = client.subscribe({ query: gql(subscription) }).subscribe(sink);
        return () => running.unsubscribe();
      })
    ).map(data),
  };
  await socket.dispose();
  client.stop();
  return found;
}

const CLIENTS = {
  "graphql-ws": () => raw(ws()),
  "graphql-sse": () => raw(createSse({ url, headers })),
  "urql over WebSocket": urqlOverWs,
  "urql over fetch": () => urql([fetchExchange], { fetchSubscriptions: true }),
  "Apollo Client": apollo,
};

const told = {};
for (const [name, run] of Object.entries(CLIENTS)) {
  try {
    told[name] = await run();
  } catch (error) {
    told[name] = { failed: String(error?.stack ?? JSON.stringify(error)) };
  }
}
process.stdout.write(JSON.stringify(told), () => process.exit(0));
