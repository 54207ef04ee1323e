import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { Comparison } from './Comparison';
import { Form } from './Form';
import { Method } from './Method';
import { type Endpoint, type Operation, isSafe, operationOf } from './map';
import { type Values, addressOf, missing } from './request';
import { type Run, runGraphQL, runRest } from './running';
import { type Variables, variablesOf } from './variables';

/** One endpoint: its parameters, the operation that they make, and both answers. */
export function Detail({ endpoint, onBack }: { endpoint: Endpoint; onBack(): void }) {
  const [values, setValues] = useState<Values>({});
  const { operation, variables, problem } = useOperation(endpoint, values);
  const [runs, setRuns] = useState<{ rest?: Run; graphql?: Run }>({});
  const [isRunning, setRunning] = useState(false);
  const openTab = useOpenTab();
  const lacking = missing(endpoint, values);

  async function run(...sides: ('rest' | 'graphql')[]) {
    if (!operation) return;
    setRunning(true);
    setRuns({});
    // One after the other, so that neither waits for the other in the server.
    const rest = sides.includes('rest') ? await runRest(endpoint, values) : undefined;
    const graphql = sides.includes('graphql') ? await runGraphQL(endpoint, operation, variables) : undefined;
    setRuns({ rest, graphql });
    setRunning(false);
  }

  return (
    <>
      <button type="button" className="mg-back" onClick={onBack}>
        ← All endpoints
      </button>
      <h2>{endpoint.name}</h2>
      <p className="mg-address">
        <Method name={endpoint.method} /> <code>{addressOf(endpoint, values)}</code>
      </p>
      {endpoint.aliases.length > 0 && <p className="mg-quiet">Also at {endpoint.aliases.join(', ')}.</p>}
      <Form endpoint={endpoint} values={values} onChange={setValues} />
      {!isSafe(endpoint) && <p className="mg-note">This changes data, each time and on each side that is run.</p>}
      <div className="mg-buttons">
        <button
          type="button"
          className="mg-button mg-primary"
          disabled={isRunning || !operation}
          onClick={() => void run('rest', 'graphql')}
        >
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
        <button
          type="button"
          className="mg-button"
          disabled={!operation}
          onClick={() => operation && openTab(operation.text, variables)}
        >
          Open as tab
        </button>
      </div>
      {lacking.length > 0 && <p className="mg-quiet">Not filled in, but required: {lacking.join(', ')}.</p>}
      {problem && <p className="mg-problem">{problem}</p>}
      <Comparison rest={runs.rest} graphql={runs.graphql} />
      {operation && <Source operation={operation} variables={variables} />}
    </>
  );
}

function Source({ operation, variables }: { operation: Operation; variables: Variables }) {
  return (
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
  );
}

/** The operation of the endpoint, and its variables as they are filled in. */
function useOperation(endpoint: Endpoint, values: Values) {
  const schema = useGraphiQL((state) => state.schema);
  const [operation, setOperation] = useState<Operation | null>(null);
  const [variables, setVariables] = useState<Variables>({});
  const [problem, setProblem] = useState('');
  useEffect(() => {
    operationOf(endpoint).then(setOperation, (error: Error) => setProblem(error.message));
  }, [endpoint]);
  useEffect(() => {
    let isLatest = true;
    if (operation && schema) {
      void variablesOf(schema, endpoint, operation.document, values).then((made) => isLatest && setVariables(made));
    }
    return () => {
      isLatest = false;
    };
  }, [schema, endpoint, operation, values]);
  return { operation, variables, problem };
}

/** Puts an operation into a new tab of the editor. */
function useOpenTab() {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
  }));
  return (query: string, variables: Variables) => {
    addTab();
    queryEditor?.setValue(query);
    variableEditor?.setValue(JSON.stringify(variables, null, 2));
  };
}
