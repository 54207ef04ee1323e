import { configuration } from './configuration';
import { store } from './store';

export type Headers = Record<string, string>;

/** Who asks: nobody yet, somebody by name, or a token that the server refuses, and why. */
export type Identity =
  | { kind: 'asking' }
  | { kind: 'nobody'; problem?: string }
  | { kind: 'somebody'; name: string };

const token = store('');
export const identity = store<Identity>({ kind: 'asking' });

/** The headers of a request: those of the editor, and the token where they have none. */
export function authorized(headers: Headers = {}): Headers {
  const given = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  return given || !token.get() ? headers : { ...headers, Authorization: `Bearer ${token.get()}` };
}

/** Use a token from now on; without one, the cookie of the page, if it has any. */
export async function signIn(text: string): Promise<void> {
  token.set(text.trim().replace(/^bearer\s+/i, ''));
  identity.set({ kind: 'asking' });
  const answer = await whoAmI();
  if (answer.kind === 'nobody') token.set('');
  identity.set(answer);
}

async function whoAmI(): Promise<Identity> {
  const asked = Boolean(token.get());
  try {
    const response = await fetch(configuration.endpoint, {
      method: 'POST',
      headers: authorized({ 'Content-Type': 'application/json', Accept: 'application/json' }),
      body: JSON.stringify({ query: '{ viewer { user { email } } }' }),
    });
    const { data, errors } = await response.json();
    if (data?.viewer) return { kind: 'somebody', name: data.viewer.user.email };
    return asked ? { kind: 'nobody', problem: errors?.[0]?.message } : { kind: 'nobody' };
  } catch {
    return { kind: 'nobody', problem: 'The server did not answer.' };
  }
}
