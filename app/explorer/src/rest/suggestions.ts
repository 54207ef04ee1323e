import { configuration } from '../configuration';
import { authorized } from '../identity';

export interface Suggestion {
  readonly id: string;
  readonly name: string;
}

/** Parameters that are ids, each with a query of things there are: `items`, of `id` and `name`. */
const ROWS: readonly (readonly [names: readonly string[], query: string])[] = [
  [['orgId', 'organization_id'], '{ list: organizations(pageSize: 50) { items { id name } } }'],
  [['teamId'], '{ list: teams(pageSize: 50) { items { id name } } }'],
  [['userId', 'id@getUserProfileById'], '{ list: users(pageSize: 50) { items { id name: email } } }'],
  [['connectionId'], '{ list: connections(pageSize: 50) { items { id name } } }'],
  [
    ['environmentId'],
    '{ organizations(pageSize: 20) { items { list: environments(pageSize: 20) { items { id name } } } } }',
  ],
  [['id@deleteEventsId', 'id@putEventsIdStatus'], '{ list: events(pageSize: 50) { items { id name: description } } }'],
];

const asked = new Map<string, Promise<Suggestion[]>>();

/** Things that a parameter of an endpoint may be the id of; none where there is no telling. */
export function suggestions(endpoint: string, parameter: string): Promise<Suggestion[]> {
  const row = ROWS.find(([names]) => names.includes(parameter) || names.includes(`${parameter}@${endpoint}`));
  if (!row) return Promise.resolve([]);
  const known = asked.get(row[1]) ?? ask(row[1]);
  asked.set(row[1], known);
  return known;
}

/** What was suggested to somebody else is forgotten. */
export const forget = () => asked.clear();

async function ask(query: string): Promise<Suggestion[]> {
  const response = await fetch(configuration.endpoint, {
    method: 'POST',
    headers: authorized({ 'Content-Type': 'application/json', Accept: 'application/json' }),
    body: JSON.stringify({ query }),
  }).catch(() => null);
  const { data } = (await response?.json().catch(() => null)) ?? {};
  return data ? [...found(data)] : [];
}

function* found(data: { list?: { items: Suggestion[] }; organizations?: { items: object[] } }): Generator<Suggestion> {
  yield* data.list?.items ?? [];
  for (const each of data.organizations?.items ?? []) yield* found(each);
}
