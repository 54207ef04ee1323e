import { useMemo } from 'react';
import { type Facts, shownSize, shownStatements, shownTime } from '../facts';
import { type Line, differences, lines } from './comparing';
import type { Run } from './running';

/** Lines of an answer that are shown; more would make the page slow. */
const SHOWN = 1000;

interface ComparisonProps {
  rest?: Run;
  graphql?: Run;
}

/** Both answers beside each other, and whether they say the same. */
export function Comparison({ rest, graphql }: ComparisonProps) {
  const places = useMemo(() => differing(rest, graphql), [rest, graphql]);
  if (!rest && !graphql) return null;
  return (
    <div className="mg-comparison">
      {rest && graphql && <Verdict rest={rest} graphql={graphql} places={places} />}
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="mg-hidden">Side</span>
            </th>
            <th scope="col">Status</th>
            <th scope="col">Time</th>
            <th scope="col">Size</th>
            <th scope="col">SQL statements</th>
          </tr>
        </thead>
        <tbody>
          {rest && <Row name="REST" facts={rest.facts} />}
          {graphql && <Row name="GraphQL" facts={graphql.facts} />}
        </tbody>
      </table>
      <div className="mg-answers">
        {rest && <Answer name="REST body" run={rest} places={places} isCompared={Boolean(graphql)} />}
        {graphql && <Answer name="GraphQL data" run={graphql} places={places} isCompared={Boolean(rest)} />}
      </div>
    </div>
  );
}

const isRefused = (run: Run) => run.refusal !== null;

function differing(rest?: Run, graphql?: Run): ReadonlySet<string> {
  if (!rest || !graphql || isRefused(rest) || isRefused(graphql)) return new Set();
  return new Set(differences(rest.body, graphql.body));
}

function Verdict({ rest, graphql, places }: { rest: Run; graphql: Run; places: ReadonlySet<string> }) {
  const [kind, sentence] = verdict(rest, graphql, places.size);
  return (
    <p className={`mg-verdict mg-${kind}`} role="status">
      {sentence}
    </p>
  );
}

function verdict(rest: Run, graphql: Run, count: number): [kind: string, sentence: string] {
  if (isRefused(rest) && isRefused(graphql)) return ['neutral', 'Both refuse.'];
  if (isRefused(rest) || isRefused(graphql)) return ['unequal', 'One side answers, the other refuses.'];
  if (rest.body === undefined) return ['equal', 'Both succeed; the answer has no body to compare.'];
  if (count === 0) return ['equal', 'Equal data. REST leaves out what is null.'];
  return ['unequal', count === 1 ? 'The data differs in one place.' : `The data differs in ${count} places.`];
}

function Row({ name, facts }: { name: string; facts: Facts }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{facts.status}</td>
      <td>{shownTime(facts.time)}</td>
      <td>{shownSize(facts.size)}</td>
      <td>{shownStatements(facts.statements)}</td>
    </tr>
  );
}

interface AnswerProps {
  name: string;
  run: Run;
  places: ReadonlySet<string>;
  isCompared: boolean;
}

function Answer({ name, run, places, isCompared }: AnswerProps) {
  const all: Line[] = isRefused(run)
    ? [{ text: run.refusal ?? '', differs: false }]
    : run.body === undefined
      ? []
      : lines(run.body, places);
  const isEqual = isCompared && !isRefused(run);
  return (
    <figure>
      <figcaption>{name}</figcaption>
      <pre className="mg-code" tabIndex={0} aria-label={name}>
        {all.length ? all.slice(0, SHOWN).map((line, number) => <Shown key={number} line={line} isEqual={isEqual} />) : 'No body.'}
        {all.length > SHOWN && `… ${all.length - SHOWN} more lines`}
      </pre>
    </figure>
  );
}

function Shown({ line, isEqual }: { line: Line; isEqual: boolean }) {
  const kind = line.differs ? 'mg-differs' : isEqual ? 'mg-same' : '';
  return <span className={`mg-line ${kind}`}>{`${line.text}\n`}</span>;
}
