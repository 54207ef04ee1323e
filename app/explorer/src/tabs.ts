const DOCUMENTS = import.meta.glob<string>('./tabs/*.graphql', { query: '?raw', import: 'default', eager: true });
const VARIABLES = import.meta.glob<string>('./tabs/*.json', { query: '?raw', import: 'default', eager: true });

/**
 * The tabs of somebody who is here for the first time, in the order of their files' names.
 * GraphiQL shows the variables of a tab when it is chosen, so the first has none.
 */
export const tabs = Object.keys(DOCUMENTS)
  .sort()
  .map((name) => ({
    query: DOCUMENTS[name]?.trim() ?? null,
    variables: VARIABLES[name.replace('.graphql', '.json')]?.trim() ?? null,
  }));
