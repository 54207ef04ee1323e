/** What is measured of an answer; times are in milliseconds, sizes in bytes. */
export interface Facts {
  readonly status: number;
  readonly time: number;
  readonly size: number;
  /** How many SQL statements it took; null where the server does not say. */
  readonly statements: number | null;
}

/** Send a request, and measure until the last byte has come. */
export async function sent(url: string, request: RequestInit): Promise<{ text: string; facts: Facts }> {
  const started = performance.now();
  const response = await fetch(url, request);
  const bytes = await response.arrayBuffer();
  const statements = response.headers.get('X-Meshgraph-Statements');
  return {
    text: new TextDecoder().decode(bytes),
    facts: {
      status: response.status,
      time: performance.now() - started,
      size: bytes.byteLength,
      statements: statements === null ? null : Number.parseInt(statements, 10),
    },
  };
}

export const shownTime = (time: number) => `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;

export const shownSize = (size: number) => (size < 1000 ? `${size} B` : `${(size / 1000).toFixed(1)} kB`);

export const shownStatements = (statements: number | null) => (statements === null ? '–' : String(statements));
