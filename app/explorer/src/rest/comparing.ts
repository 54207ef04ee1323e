/** A line of JSON as it is shown; `differs` where the other side has something else there. */
export interface Line {
  readonly text: string;
  readonly differs: boolean;
}

/** How REST writes a moment that never was, which is null in GraphQL. */
const NEVER = '0001-01-01T00:00:00Z';

/** Places that differ, as JSON pointers (RFC 6901). REST leaves most nulls out. */
export function differences(left: unknown, right: unknown, at = ''): string[] {
  if (isSame(left, right)) return [];
  if (Array.isArray(left) && Array.isArray(right)) {
    const length = Math.max(left.length, right.length);
    return Array.from({ length }, (_, place) => differences(left[place], right[place], `${at}/${place}`)).flat();
  }
  if (isRecord(left) && isRecord(right)) {
    const names = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...names].flatMap((name) => differences(left[name], right[name], pointer(at, name)));
  }
  return [at];
}

function isSame(left: unknown, right: unknown): boolean {
  return left === right || isNothing(left) && isNothing(right);
}

const isNothing = (value: unknown) => value === undefined || value === null || value === NEVER;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const pointer = (at: string, name: string) => `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The value, indented; `places` are those that differ, with all that is in them. */
export function lines(value: unknown, places: ReadonlySet<string>): Line[] {
  return [...written(value, '', '', '', places, places.has(''))];
}

function* written(
  value: unknown,
  at: string,
  indent: string,
  before: string,
  places: ReadonlySet<string>,
  differs: boolean,
  after = '',
): Generator<Line> {
  const members = Array.isArray(value)
    ? value.map((each, place) => ['', `${at}/${place}`, each] as const)
    : isRecord(value)
      ? Object.entries(value).map(([name, each]) => [`${JSON.stringify(name)}: `, pointer(at, name), each] as const)
      : [];
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (!members.length) {
    yield { text: indent + before + JSON.stringify(value) + after, differs };
    return;
  }
  yield { text: indent + before + open, differs };
  for (const [number, [label, place, each]] of members.entries()) {
    const comma = number + 1 < members.length ? ',' : '';
    yield* written(each, place, `${indent}  `, label, places, differs || places.has(place), comma);
  }
  yield { text: indent + close + after, differs };
}
