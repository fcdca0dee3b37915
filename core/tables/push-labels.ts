import type { Label, LabelStore } from './label';

interface Needs {
  readonly store: LabelStore;
  readonly digest: (text: string) => string;
  readonly now: () => Date;
}

/** What became of a call with labels. */
export interface PushedLabels {
  readonly batch_id: string;
  readonly accepted: number;
}

/** Takes labels of a service in; they find their rows when the tables are built. */
export const pushLabels =
  ({ store, digest, now }: Needs) =>
  async (service: string, labels: readonly Label[]): Promise<PushedLabels> => {
    const batch_id = digest(JSON.stringify([service, labels])).slice(0, 32);
    await store.append({ batch_id, service, received_at: now().toISOString(), labels });
    return { batch_id, accepted: labels.length };
  };
