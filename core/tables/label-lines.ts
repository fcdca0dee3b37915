import type { LabelBatch } from './label';

/** A batch as a line of JSON per label, as builders of tables read it. */
export const labelLines = ({ batch_id, service, received_at, labels }: LabelBatch): string =>
  labels
    .map(({ label, labelled_at, ...address }, position) =>
      JSON.stringify({
        service,
        ...address,
        label: JSON.stringify(label),
        labelled_at: labelled_at ?? received_at,
        received_at,
        batch_id,
        position,
      }),
    )
    .join('\n')
    .concat('\n');
