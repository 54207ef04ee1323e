import { useEffect, useState } from 'react';
import { Detail } from './Detail';
import { Address, Method } from './Method';
import { type Endpoint, endpoints, isFound } from './map';

/** The documented endpoints beside the operations that answer them. */
export function Pane() {
  const [all, setAll] = useState<Endpoint[] | null>(null);
  const [problem, setProblem] = useState('');
  const [chosen, setChosen] = useState<Endpoint | null>(null);
  const [search, setSearch] = useState('');
  useEffect(() => {
    endpoints().then(setAll, (error: Error) => setProblem(error.message));
  }, []);
  return (
    <section className="mg-rest" aria-label="REST and GraphQL">
      {chosen ? (
        <Detail key={chosen.name} endpoint={chosen} onBack={() => setChosen(null)} />
      ) : (
        <>
          <h2>REST and GraphQL</h2>
          <p>Each REST endpoint is answered by a GraphQL operation. Choose one, run both, and compare.</p>
          {problem && <p className="mg-problem">{problem}</p>}
          <input
            type="search"
            aria-label="Search endpoints"
            placeholder="Search endpoints"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <List found={(all ?? []).filter((each) => isFound(each, search))} isReady={all !== null} onChoose={setChosen} />
        </>
      )}
    </section>
  );
}

function List(props: { found: Endpoint[]; isReady: boolean; onChoose(endpoint: Endpoint): void }) {
  if (props.isReady && !props.found.length) return <p>No endpoint has these words.</p>;
  return (
    <ul className="mg-endpoints">
      {props.found.map((each) => (
        <li key={each.name}>
          <button type="button" onClick={() => props.onChoose(each)}>
            <Method name={each.method} />
            <Address path={each.path} />
            <span className="mg-operation">
              <span className="mg-named">{each.name}</span> {each.summary}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
