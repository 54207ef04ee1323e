import { type FormEvent, useState } from 'react';
import { identity, signIn } from './identity';
import { forget } from './rest/suggestions';

function useToken(text: string) {
  forget();
  return signIn(text);
}

/** Shown to who is not signed in: where a token comes from, and a place to paste it. */
export function SignIn() {
  const who = identity.use();
  const [text, setText] = useState('');
  if (who.kind !== 'nobody') return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) void useToken(text).then(() => setText(''));
  };
  return (
    <form className="mg-sign-in" onSubmit={submit} aria-label="Sign in">
      <p>
        <strong>Paste a token to see your data.</strong> <code>meshgraph token you@example.org</code> prints one, and
        so does <code>make serve</code>. It is kept until this page is closed, and stored nowhere.
      </p>
      <label className="mg-hidden" htmlFor="mg-token">
        Token
      </label>
      <input
        id="mg-token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        placeholder="eyJ0eXAiOiJKV1Qi…"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="mg-button mg-primary">
        Use this token
      </button>
      {who.problem && (
        <p className="mg-problem" role="alert">
          {who.problem}
        </p>
      )}
    </form>
  );
}

/** At the top right: whose page this is, and who is signed in. */
export function Who() {
  const who = identity.use();
  return (
    <div className="mg-who">
      {who.kind === 'somebody' && (
        <>
          <span className="mg-name" title={`Signed in as ${who.name}`}>
            {who.name}
          </span>
          <button type="button" className="mg-button" onClick={() => void useToken('')}>
            Sign out
          </button>
        </>
      )}
      <h1 className="mg-brand">Meshgraph</h1>
    </div>
  );
}
