import { Fragment } from 'react';

export function Method({ name }: { name: string }) {
  return <span className={`mg-method mg-${name.toLowerCase()}`}>{name}</span>;
}

/** A path that is broken, where it must be, before a slash. */
export function Address({ path }: { path: string }) {
  return (
    <code className="mg-path">
      {path.split(/(?=[/?&])/).map((part, place) => (
        <Fragment key={place}>
          <wbr />
          {part}
        </Fragment>
      ))}
    </code>
  );
}
