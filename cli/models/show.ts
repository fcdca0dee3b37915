import type { AnswerTo } from '../control-api';
import type { ListOptions } from '../list';
import type { ModelRef } from '../option-values';
import type { Session } from '../session';
import { size } from '../terminal/numbers';
import { printable } from '../terminal/printable';
import type { Column } from '../terminal/table';
import { localTime } from '../terminal/times';

type Model = AnswerTo<'GET /api/models/{model}'>;
type Version = AnswerTo<'GET /api/models/{model}/versions/{number}'>;

const VERSIONS: readonly Column<Model['versions']['items'][number]>[] = [
  { title: 'VERSION', cell: ({ version }) => version, right: true },
  { title: 'FLAVOR', cell: ({ flavor }) => flavor },
  { title: 'SIZE', cell: (version) => size(version.size), right: true },
  { title: 'DESCRIPTION', cell: ({ description }) => description, wraps: true },
  { title: 'CREATED BY', cell: ({ created_by }) => created_by, wraps: true },
  { title: 'CREATED', cell: ({ created_at }) => localTime(created_at) },
];

const INPUTS: readonly Column<Version['signature']['inputs'][number]>[] = [
  { title: 'COLUMN', cell: ({ name }) => name, wraps: true },
  { title: 'TYPE', cell: ({ type }) => type },
  { title: 'REQUIRED', cell: ({ required }) => (required ? 'yes' : 'no') },
];

/** A model and its latest versions. */
export const showModel = async (
  { call, answer, printTable, say }: Session,
  name: string,
  { limit, page }: ListOptions,
): Promise<void> => {
  const model = await call('GET /api/models/{model}', {
    path: { model: name },
    query: { limit: Math.min(limit, 1000), ...(typeof page === 'string' && { cursor: page }) },
  });
  await answer(model, async ({ versions: { items, next_cursor } }) => {
    if (items.length === 0) say(`${name} has no versions left.`);
    else await printTable(items, VERSIONS);
    if (next_cursor !== null) say(`There are older ones: --page ${next_cursor}`);
  });
};

/** One version of a model: where it came from, what it takes and gives. */
export const showModelVersion = async (
  { call, answer, print, printTable, printDetails }: Session,
  { name, version: number }: ModelRef,
): Promise<void> => {
  const version = await call('GET /api/models/{model}/versions/{number}', {
    path: { model: name, number: String(number) },
  });
  await answer(version, async ({ signature, tags, source, ...rest }) => {
    const { type, width, classes } = signature.output;
    await printDetails([
      ['model', `${rest.model}/${rest.version}`],
      ['flavor', `${printable(rest.flavor)} (runs as ${rest.runtime})`],
      ['digest', rest.digest],
      ['size', size(rest.size)],
      ['source', printable(sourceText(source))],
      ...containerRows(rest.container),
      ['description', printable(rest.description) || '-'],
      [
        'tags',
        printable(
          Object.entries(tags)
            .map((tag) => tag.join('='))
            .join(' '),
        ) || '-',
      ],
      ['answers', `${type}${width > 1 ? ` × ${width}` : ''}${classesText(classes)}`],
      ['expected', expectedText(rest.expected)],
      ['created', `${localTime(rest.created_at)} by ${printable(rest.created_by)}`],
    ]);
    await print('');
    await printTable(signature.inputs, INPUTS);
  });
};

/** Of long answers only as many are kept as a record holds. */
const expectedText = (expected: Version['expected']): string => {
  if (!expected) return 'nothing recorded';
  const { origin, input, predictions } = expected;
  const [all, known] = [input.data.length, predictions?.length ?? input.data.length];
  return `${origin} answers${known < all ? ` of the first ${known} of ${all} rows` : ''}`;
};

const sourceText = (source: Version['source']): string =>
  Object.entries(source)
    .map(([kind, from]) => `${kind} ${typeof from === 'string' ? from : from.uri}`)
    .join(' ');

/** A platform before its time names none. */
const containerRows = (container: Version['container'] | undefined): [string, string][] =>
  container
    ? [
        ['image', printable(container.image)],
        ['variables', printable(container.environment_names.join(', ')) || '-'],
        ['/opt/ml/model', container.data ? 'files of its own' : 'what the image has there'],
      ]
    : [];

const classesText = (classes: readonly string[] | null): string =>
  classes ? `, probabilities of ${printable(classes.join(', '))}` : '';
