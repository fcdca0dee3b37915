import { type Caller, caller } from './api';
import { type Running, startPlatform } from './platform';

/** The platform that a journey runs against: BASE_URL with OPERATOR_TOKEN, or an embedded one. */
export interface Home {
  readonly url: string;
  readonly operator: Caller;
  readonly close: () => Promise<void>;
}

export const openHome = async (): Promise<Home> => {
  const { BASE_URL, OPERATOR_TOKEN } = process.env;
  if (BASE_URL) {
    return { url: BASE_URL, operator: caller(BASE_URL, OPERATOR_TOKEN), close: async () => {} };
  }
  const running: Running = await startPlatform();
  return {
    url: running.url,
    operator: caller(running.url, running.token),
    close: async () => {
      await running.stop();
    },
  };
};

/** A name that no journey before has used. */
export const freshName = (stem: string): string => `${stem}-${Date.now().toString(36)}`;
