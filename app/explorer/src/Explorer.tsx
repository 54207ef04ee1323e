import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { Answered } from './Answered';
import { SignIn, Who } from './SignIn';
import { fetcher } from './fetcher';
import { REST_PLUGIN } from './rest/plugin';
import { storage } from './storage';
import { tabs } from './tabs';

const PLUGINS = [explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN, REST_PLUGIN];

/** What the JSON Schema of the variables editor has to say of our scalars. */
const SCALARS = { JSON: {}, Bytes: { type: 'string' as const } };

export function Explorer() {
  return (
    <>
      <SignIn />
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        plugins={PLUGINS}
        defaultTabs={tabs}
        customScalarSchemas={SCALARS}
        defaultEditorToolsVisibility
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
        schemaDescription
      >
        <GraphiQL.Logo>
          <Who />
        </GraphiQL.Logo>
        <GraphiQL.Footer>
          <Answered />
        </GraphiQL.Footer>
      </GraphiQL>
    </>
  );
}
