import { DomainError } from '../../core/shared/domain-error';
import { endpoints } from '../endpoints';
import { openApi } from '../open-api';
import { aboutContracts } from './contracts';

/** One thing that must be well before predictions can be answered. */
export interface ReadyCheck {
  readonly name: string;
  readonly ok: boolean;
  /** For a person to act on; anyone may read it. */
  readonly detail: string;
}

interface Needs {
  readonly checks: () => Promise<readonly ReadyCheck[]>;
}

/** Endpoints by which the platform describes itself. */
export const aboutEndpoints = ({ checks }: Needs) => {
  let description: ReturnType<typeof openApi> | undefined;

  return endpoints<'about'>(aboutContracts, {
    getOpenApi: async () => {
      description ??= openApi();
      return description;
    },

    getHealth: async () => ({ status: 'ok' }),

    /** @throws `unavailable` with every check that fails */
    getReadiness: async () => {
      const all = await checks();
      const failing = all.filter(({ ok }) => !ok);
      if (failing.length === 0) return { status: 'ready', checks: [...all] };
      const message = failing.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
      const faults = failing.map(({ name, detail }) => {
        return { path: name, code: 'not-ready', message: detail };
      });
      throw new DomainError('unavailable', message, { faults });
    },
  });
};
