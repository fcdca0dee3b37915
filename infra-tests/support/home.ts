import { type Caller, caller, until } from './api';
import { type Running, startPlatform } from './platform';

const BUSY_MS = 120_000;

/** The platform that a journey runs against: BASE_URL with OPERATOR_TOKEN, or an embedded one. */
export interface Home {
  readonly url: string;
  readonly operator: Caller;
  /** Whether its tables come by themselves within seconds; where that is not known, a journey asks for them. */
  readonly isPrompt: boolean;
  readonly close: () => Promise<void>;
}

export const openHome = async (): Promise<Home> => {
  const { BASE_URL, OPERATOR_TOKEN } = process.env;
  if (BASE_URL) {
    const operator = caller(BASE_URL, OPERATOR_TOKEN);
    return { url: BASE_URL, operator, isPrompt: false, close: async () => {} };
  }
  const running: Running = await startPlatform();
  return {
    url: running.url,
    operator: caller(running.url, running.token),
    isPrompt: true,
    close: async () => {
      await running.stop();
    },
  };
};

/** A name that no journey before has used. */
export const freshName = (stem: string): string => `${stem}-${Date.now().toString(36)}`;

/** Has a home that is not prompt bring all that has arrived into a service's tables. */
export const buildTables = async ({ operator, isPrompt }: Home, service: string): Promise<void> => {
  if (isPrompt) return;
  const tables = `/api/services/${service}/tables`;
  // What the edge cuts off, on a machine that does too much, is asked again.
  const ask = (path: string, method = 'GET') =>
    until(
      () => operator(`${tables}${path}`, { method }),
      ({ status }) => status < 500,
      BUSY_MS,
    );
  const { status, body } = await ask('/refresh', 'POST');
  let run = { ...body, ...(status < 300 && { status: status === 200 ? 'succeeded' : 'running' }) };
  while (run.status === 'running') run = (await ask(`/runs/${run.run_id}`)).body;
  if (run.status !== 'succeeded')
    throw new Error(`the tables were not built: ${JSON.stringify(run)}`);
};
