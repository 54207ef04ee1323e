/**
 * Local storage without headers: GraphiQL would keep those of each tab, and of each operation of
 * the history, and a token is one of them.
 */
const HEADERS = 'graphiql:headers';

export const storage = {
  get length() {
    return localStorage.length;
  },
  getItem: (key: string) => localStorage.getItem(key),
  removeItem: (key: string) => localStorage.removeItem(key),
  clear: () => localStorage.clear(),
  setItem(key: string, value: string) {
    if (key !== HEADERS) localStorage.setItem(key, withoutHeaders(value));
  },
};

export function withoutHeaders(text: string): string {
  if (!text.includes('"headers"')) return text;
  try {
    return JSON.stringify(JSON.parse(text), (key, value) => (key === 'headers' ? undefined : value));
  } catch {
    return text; // An operation that has the word, not the state of tabs.
  }
}
