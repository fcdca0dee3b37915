import { BEFORE_FEATURES, BEHIND_FEATURES } from './fixed-columns';
import { NO_COLUMNS, type ServiceTable } from './service-table';
import type { TableColumn } from './table-column';

/** All columns of a service's table in the order in which a person looks at them. */
export const serviceColumns = ({ columns }: ServiceTable = NO_COLUMNS): readonly TableColumn[] => {
  const of = (...kinds: readonly string[]): readonly TableColumn[] =>
    columns.filter(({ kind }) => kinds.includes(kind)).map(({ name, type }) => ({ name, type }));
  const [confidence, probabilities, ...times] = BEHIND_FEATURES;
  return [
    ...BEFORE_FEATURES,
    ...of('feature', 'hash'),
    ...of('prediction'),
    ...[confidence, probabilities].flatMap((column) => column ?? []),
    ...of('label'),
    ...times,
    ...of('outcome', 'outcome-labelled', 'outcome-received'),
  ];
};
