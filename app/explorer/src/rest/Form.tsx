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
  const { name, required } = parameter;
  const set = (next: string | File | undefined) => onChange((values) => ({ ...values, [name]: next }));
  const found = useSuggestions(endpoint, name, (first) => required && isSafe(endpoint) && set(first));
  return (
    <div className="mg-field">
      <label htmlFor={id}>
        {name}
        {required && <span title="Required"> *</span>} <small>{parameter.in}</small>
      </label>
      <Control id={id} parameter={parameter} value={value} list={found.length ? `${id}-list` : undefined} onChange={set} />
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

interface ControlProps {
  id: string;
  parameter: Parameter;
  value: Values[string];
  list?: string;
  onChange(value: string | File | undefined): void;
}

function Control({ id, parameter, value, list, onChange }: ControlProps) {
  const { type, values } = parameter;
  const text = typeof value === 'string' ? value : '';
  const shared = { id, value: text, spellCheck: false, placeholder: hint(parameter) };
  if (/^Bytes/.test(type)) return <input id={id} type="file" onChange={(event) => onChange(event.target.files?.[0])} />;
  const choices = /^Boolean/.test(type) ? ['true', 'false'] : type.startsWith('[') ? undefined : values;
  if (choices) {
    return (
      <select id={id} value={text} onChange={(event) => onChange(event.target.value)}>
        <option value="">–</option>
        {choices.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    );
  }
  if (isDocument(parameter)) return <textarea {...shared} rows={4} onChange={(event) => onChange(event.target.value)} />;
  return <input {...shared} list={list} autoComplete="off" onChange={(event) => onChange(event.target.value)} />;
}

/** What a parameter is; of an id that was suggested, whose it is. */
function Told({ parameter, chosen }: { parameter: Parameter; chosen?: Suggestion }) {
  const told = [chosen?.name, parameter.description.replaceAll('`', '')].filter(Boolean).join(' · ');
  return told ? <p className="mg-quiet">{told}</p> : null;
}

/**
 * Things that the parameter may name. The first is told of once, when they are there: so `onFirst`,
 * another function at each rendering, is no reason to ask again.
 */
function useSuggestions(endpoint: Endpoint, parameter: string, onFirst: (id: string) => void): Suggestion[] {
  const [found, setFound] = useState<Suggestion[]>([]);
  const who = identity.use();
  useEffect(() => {
    if (who.kind === 'asking') return;
    void suggestions(endpoint.name, parameter).then((list) => {
      setFound(list);
      if (list[0]) onFirst(list[0].id);
    });
  }, [endpoint.name, parameter, who.kind]);
  return found;
}

const SHORT = /^\[?(ID|String|Int|Float|DateTime)!?\]?!?$/;

/** Whether it is written as JSON, and may be long. */
const isDocument = ({ in: place, type, values }: Parameter) => place !== 'query' && !SHORT.test(type) && !values;

const hint = (parameter: Parameter) => (parameter.example === null ? '' : `such as ${example(parameter)}`);

function example({ example: value, in: place }: Parameter): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) && place === 'query' ? value.join(',') : JSON.stringify(value, null, 2);
}

/** The examples there are; but ids name nothing that there is, and a file is chosen by a person. */
export function examples({ variables }: Endpoint): Values {
  const shown = variables.filter((each) => each.example !== null && !/^\[?(ID|Bytes)/.test(each.type));
  return Object.fromEntries(shown.map((each) => [each.name, example(each)]));
}
