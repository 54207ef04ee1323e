export function Method({ name }: { name: string }) {
  return <span className={`mg-method mg-${name.toLowerCase()}`}>{name}</span>;
}
