import type { GraphiQLPlugin } from '@graphiql/react';
import { Pane } from './Pane';

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
      <path d="M3 8h15m-4-4 4 4-4 4M21 16H6m4-4-4 4 4 4" />
    </svg>
  );
}

export const REST_PLUGIN: GraphiQLPlugin = { title: 'REST and GraphQL', icon: Icon, content: Pane };
