import type { LabelBatch } from './label';
import { THE_LABEL } from './outcomes';

/** A batch as a line of JSON per label, as builders of tables read it: null is left out. */
export const labelLines = ({ batch_id, service, received_at, labels }: LabelBatch): string =>
  labels
    .map(({ name = THE_LABEL, label, labelled_at, ...address }, position) =>
      JSON.stringify({
        service,
        ...Object.fromEntries(Object.entries(address).filter(([, part]) => part !== null)),
        name,
        label: JSON.stringify(label),
        labelled_at: labelled_at ?? received_at,
        received_at,
        batch_id,
        position,
      }),
    )
    .join('\n')
    .concat('\n');
