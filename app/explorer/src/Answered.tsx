import { useGraphiQL } from '@graphiql/react';
import { shownSize, shownStatements, shownTime } from './facts';
import { type Transport, events, latest, transport } from './fetcher';

const TRANSPORTS: readonly Transport[] = ['WebSocket', 'SSE'];

/** Under the response: what was measured of it, and how subscriptions are carried. */
export function Answered() {
  const subscribable = useGraphiQL((state) => Boolean(state.schema?.getSubscriptionType()));
  return (
    <div className="mg-answered">
      <Measured />
      {subscribable && <Carrier />}
    </div>
  );
}

function Measured() {
  const facts = latest.use();
  const count = events.use();
  if (count !== null) return <span aria-live="polite">{count === 1 ? '1 event' : `${count} events`}</span>;
  if (!facts) return <span />;
  const statements = facts.statements === null ? '' : ` · SQL statements: ${shownStatements(facts.statements)}`;
  return (
    <span aria-live="polite">
      {`${facts.status} · ${shownTime(facts.time)} · ${shownSize(facts.size)}${statements}`}
    </span>
  );
}

function Carrier() {
  const chosen = transport.use();
  return (
    <label className="mg-carrier">
      Subscriptions over{' '}
      <select value={chosen} onChange={(event) => transport.set(event.target.value as Transport)}>
        {TRANSPORTS.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}
