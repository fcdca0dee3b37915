import { startBuilder } from './builder';
import { labelOf, openLabels } from './labels-fixture';
import { NOTHING, type TableBuilder } from './table-builder';
import { asked, idOf, lineOf, type Taught } from './tables-fixture';

const WINE: Taught = { model: 'wine', version: 1, inputs: { a: 'double' } };
const T = '2026-11-20T10:00:00.000Z';
const one = asked(['a'], [[1]], [2]);
const ALWAYS = { service: 'wine', from: '0001-01-01', to: '9999-12-31' };

it('a builder tells what a build did, though what comes behind it fails', async () => {
  const built: unknown[] = [];
  const troubled = Promise.withResolvers<string>();
  const report = { ...NOTHING, rows: 1 };
  let steps = 0;
  startBuilder({
    tables: {
      step: async () => {
        steps += 1;
        return steps === 1 ? report : new Promise<never>(() => {});
      },
      isRetentionDue: () => true,
      retainAll: () => Promise.reject(new Error('no')),
      discard: () => {},
    } as Partial<TableBuilder> as TableBuilder,
    built: (told) => built.push(told),
    trouble: troubled.resolve,
    giveUp: () => {},
  });
  expect(await troubled.promise).toContain('no');
  expect(built).toEqual([report]);
});

/** A builder while more is captured and labelled before each of its steps. */
const openBusy = async () => {
  const fixture = await openLabels([WINE], T);
  const tables = await fixture.openBuilder();
  let isOver = false;
  let captured = 0;
  const capture = (): string => {
    captured += 1;
    fixture.append([lineOf(T, captured, one)]);
    return idOf(T, captured);
  };
  const label = async (id: string): Promise<void> => {
    await fixture.push([labelOf(captured, { example_id: `${id}-0` })]);
  };
  const step = async () => {
    // Nothing ends a builder but its process.
    if (isOver) return new Promise<never>(() => {});
    await label(capture());
    return tables.step();
  };
  const troubles: string[] = [];
  const builder = startBuilder({
    tables: { ...tables, step },
    built: () => {},
    trouble: (message) => troubles.push(message),
    giveUp: () => {},
  });
  return {
    ...{ ...fixture, builder, capture, label, troubles },
    close: (): void => {
      isOver = true;
      fixture.close();
    },
  };
};

describe('a builder', () => {
  let busy: Awaited<ReturnType<typeof openBusy>>;
  beforeEach(async () => {
    busy = await openBusy();
  });
  afterEach(() => {
    busy.close();
    expect(busy.troubles).toEqual([]);
  });
  const found = async (id: string) =>
    (await busy.parts('wine', 'example_id, label')).find(([example]) => example === `${id}-0`);

  it('refreshes up to when it was asked, however much comes in meanwhile', async () => {
    const id = busy.capture();
    await busy.label(id);
    await busy.builder.refresh(ALWAYS);
    expect(await found(id)).toEqual([`${id}-0`, expect.any(Number)]);
  });

  it('erases while more comes in', async () => {
    const id = busy.capture();
    const erased = await busy.builder.erase('wine', { request_ids: [id] }, -1);
    expect(erased).toMatchObject({ requests: 1, rows: 1 });
    expect(await found(id)).toBeUndefined();
  });

  it('erases by a label that has only just come', async () => {
    const id = busy.capture();
    await busy.push([labelOf(-6, { example_id: `${id}-0` })]);
    const erased = await busy.builder.erase('wine', { column: 'label', value: -6 }, -1);
    expect(erased).toMatchObject({ requests: 1, rows: 1, labels: 1 });
    expect(await found(id)).toBeUndefined();
  });
});
