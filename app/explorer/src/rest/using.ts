import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { type Endpoint, type Operation, operationOf } from './map';
import type { Values } from './request';
import { type Variables, translated } from './translating';

/** Milliseconds without a key pressed before the server is asked. */
const PAUSE = 150;

/** The operation of an endpoint, or why there is none. */
export function useOperation(endpoint: Endpoint) {
  const [operation, setOperation] = useState<Operation | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    operationOf(endpoint).then(setOperation, (error: Error) => setProblem(error.message));
  }, [endpoint]);
  return { operation, problem };
}

/** The variables of what is filled in; while that would be refused the latest, and why it would. */
export function useVariables(endpoint: Endpoint, values: Values) {
  const [variables, setVariables] = useState<Variables>({});
  const [refusal, setRefusal] = useState('');
  useEffect(() => {
    let isLatest = true;
    const told = (text: string) => isLatest && setRefusal(text);
    const asked = setTimeout(() => {
      translated(endpoint, values).then(
        (made) => isLatest && (setVariables(made), told('')),
        (error: Error) => told(error.message),
      );
    }, PAUSE);
    return () => {
      isLatest = false;
      clearTimeout(asked);
    };
  }, [endpoint, values]);
  return { variables, refusal };
}

/** Puts an operation into a new tab of the editor. */
export function useOpenTab() {
  const { addTab, setVisiblePlugin } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
  }));
  return (query: string, variables: Variables) => {
    addTab();
    queryEditor?.setValue(query);
    variableEditor?.setValue(JSON.stringify(variables, null, 2));
    requestAnimationFrame(() => document.querySelector('.graphiql-tab-active')?.scrollIntoView());
    // Where the pane hides the editor, it gives way to it.
    if (window.matchMedia('(max-width: 760px)').matches) setVisiblePlugin(null);
  };
}
