import { useState } from 'react';
import { Comparison } from './Comparison';
import { Form, examples } from './Form';
import { Address, Method } from './Method';
import { type Endpoint, isSafe } from './map';
import { type Values, addressOf } from './request';
import { type Run, runGraphQL, runRest } from './running';
import { translated } from './translating';
import { useOpenTab, useOperation, useVariables } from './using';

type Side = 'rest' | 'graphql';

/** One endpoint: its parameters, the operation that they make, and both answers. */
export function Detail({ endpoint, onBack }: { endpoint: Endpoint; onBack(): void }) {
  const [values, setValues] = useState<Values>({});
  const { operation, problem } = useOperation(endpoint);
  const { variables, refusal } = useVariables(endpoint, values);
  const [runs, setRuns] = useState<{ rest?: Run; graphql?: Run }>({});
  const [isRunning, setRunning] = useState(false);
  const openTab = useOpenTab();

  async function run(...sides: Side[]) {
    setRunning(true);
    setRuns({});
    const given = await translated(endpoint, values).catch(() => null);
    // One after the other, so that neither waits for the other in the server.
    const rest = sides.includes('rest') ? await runRest(endpoint, values) : undefined;
    const isAsked = sides.includes('graphql') && operation && given;
    const graphql = isAsked ? await runGraphQL(endpoint, operation, given) : undefined;
    setRuns({ rest, graphql });
    setRunning(false);
  }

  return (
    <>
      <button type="button" className="mg-back" onClick={onBack}>
        ← All endpoints
      </button>
      <h2>{endpoint.name}</h2>
      <p>{endpoint.summary}</p>
      <p className="mg-address">
        <Method name={endpoint.method} /> <Address path={addressOf(endpoint, values)} />
      </p>
      {endpoint.aliases.length > 0 && <p className="mg-quiet">Also at {endpoint.aliases.join(', ')}.</p>}
      <Form endpoint={endpoint} values={values} onChange={setValues} />
      {!isSafe(endpoint) && <p className="mg-note">This changes data: once for each side that is run.</p>}
      <div className="mg-buttons">
        <button type="button" className="mg-button mg-primary" disabled={isRunning} onClick={() => void run('rest', 'graphql')}>
          {isRunning ? 'Running…' : 'Run both'}
        </button>
        {!isSafe(endpoint) && (
          <>
            <button type="button" className="mg-button" disabled={isRunning} onClick={() => void run('rest')}>
              Run REST
            </button>
            <button type="button" className="mg-button" disabled={isRunning} onClick={() => void run('graphql')}>
              Run GraphQL
            </button>
          </>
        )}
        {operation && (
          <button type="button" className="mg-button" onClick={() => openTab(operation.text, variables)}>
            Open as tab
          </button>
        )}
        {endpoint.variables.some((each) => each.example !== null) && (
          <button type="button" className="mg-button" onClick={() => setValues((given) => ({ ...examples(endpoint), ...given }))}>
            Fill in examples
          </button>
        )}
      </div>
      {(problem || refusal) && <p className="mg-quiet">{problem || refusal}</p>}
      <Comparison rest={runs.rest} graphql={runs.graphql} />
      {operation && (
        <details open>
          <summary>The GraphQL operation</summary>
          <h3>Variables</h3>
          <pre className="mg-code" tabIndex={0} aria-label="Variables">
            {JSON.stringify(variables, null, 2)}
          </pre>
          <h3>Document</h3>
          <pre className="mg-code" tabIndex={0} aria-label="Document">
            {operation.text}
          </pre>
        </details>
      )}
    </>
  );
}
