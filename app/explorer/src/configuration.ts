/** What the server has written into its page. */
export interface Configuration {
  readonly endpoint: string;
  readonly restMap: string;
  readonly version: string;
}

const element = document.getElementById('configuration');
const given = JSON.parse(element?.textContent || '{}') as Partial<Configuration>;

export const configuration: Configuration = {
  endpoint: given.endpoint ?? '/graphql',
  restMap: given.restMap ?? '/rest-map',
  version: given.version ?? '',
};
