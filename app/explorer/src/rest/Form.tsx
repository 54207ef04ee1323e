import { useEffect, useId, useState } from 'react';
import { identity } from '../identity';
import { type Endpoint, type Parameter, isSafe } from './map';
import type { Values } from './request';
import { type Suggestion, suggestions } from './suggestions';

type Change = (next: (values: Values) => Values) => void;

export function Form({ endpoint, values, onChange }: { endpoint: Endpoint; values: Values; onChange: Change }) {
  if (!endpoint.variables.length) return <p className="mg-quiet">It has no parameters.</p>;
  return (
    <div className="mg-form">
      {endpoint.variables.map((each) => (
        <Field key={each.name} endpoint={endpoint} parameter={each} value={values[each.name]} onChange={onChange} />
      ))}
    </div>
  );
}

interface FieldProps {
  endpoint: Endpoint;
  parameter: Parameter;
  value: Values[string];
  onChange: Change;
}

function Field({ endpoint, parameter, value, onChange }: FieldProps) {
  const id = useId();
  const { name, type, required } = parameter;
  const set = (next: string | File | undefined) => onChange((values) => ({ ...values, [name]: next }));
  const found = useSuggestions(endpoint, name, (first) => required && isSafe(endpoint) && set(first));
  return (
    <div className="mg-field">
      <label htmlFor={id}>
        {name}
        {required && <span title="Required"> *</span>} <small>{parameter.in}</small>
      </label>
      {type.startsWith('Bytes') ? (
        <input id={id} type="file" onChange={(event) => set(event.target.files?.[0])} />
      ) : isLong(type) ? (
        <textarea id={id} rows={3} spellCheck={false} value={text(value)} placeholder={hint(parameter)} onChange={(event) => set(event.target.value)} />
      ) : (
        <input
          id={id}
          list={found.length ? `${id}-list` : undefined}
          autoComplete="off"
          spellCheck={false}
          value={text(value)}
          placeholder={hint(parameter)}
          onChange={(event) => set(event.target.value)}
        />
      )}
      {found.length > 0 && (
        <datalist id={`${id}-list`}>
          {found.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </datalist>
      )}
      <Told parameter={parameter} chosen={found.find((each) => each.id === value)} />
    </div>
  );
}

/** What a parameter is; of an id that was suggested, whose it is. */
function Told({ parameter, chosen }: { parameter: Parameter; chosen?: Suggestion }) {
  const told = [chosen?.name, parameter.description].filter(Boolean).join(' · ');
  return told ? <p className="mg-quiet">{told}</p> : null;
}

/** Things that the parameter may name. The first is told of once, when they are there. */
function useSuggestions(endpoint: Endpoint, parameter: string, onFirst: (id: string) => void): Suggestion[] {
  const [found, setFound] = useState<Suggestion[]>([]);
  const who = identity.use();
  // biome-ignore lint: `onFirst` is another function at each rendering.
  useEffect(() => {
    if (who.kind === 'asking') return;
    void suggestions(endpoint.name, parameter).then((list) => {
      setFound(list);
      if (list[0]) onFirst(list[0].id);
    });
  }, [endpoint.name, parameter, who.kind]);
  return found;
}

const text = (value: Values[string]) => (typeof value === 'string' ? value : '');

const isLong = (type: string) => !/^\[?(ID|String|Int|Boolean|DateTime|\w+(Order|Filter|Status|Severity|Action|Type))!?\]?!?$/.test(type);

function hint({ type, example }: Parameter): string {
  if (example === undefined || example === null) return type;
  return typeof example === 'string' ? example : JSON.stringify(example);
}
