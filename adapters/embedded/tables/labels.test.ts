import { readdirSync, renameSync, statSync } from 'node:fs';
import type { Label } from '../../../core/tables/label';
import { labelOf, openLabels } from './labels-fixture';
import { partPath } from './part-files';
import type { StepReport } from './table-builder';
import type { TableState } from './table-state';
import { asked, idOf, lineOf, type Taught } from './tables-fixture';

const WINE: Taught = { model: 'wine', version: 1, inputs: { a: 'double' } };
const T = '2026-11-20T10:00:00.000Z';
const DAY_MS = 86_400_000;
const later = (ms: number): string => new Date(Date.parse(T) + ms).toISOString();
const one = asked(['a'], [[1]], [2]);
const two = asked(['a'], [[1], [2]], [3, 4]);

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
const open = async (taught: readonly Taught[] = [WINE], startsAt = T) => {
  const fixture = await openLabels(taught, startsAt);
  closing.push(fixture.close);
  return { ...fixture, builder: await fixture.openBuilder() };
};
const byExample = (label: unknown, time: string, n: number, row = 0, at: string | null = null) =>
  labelOf(label, { example_id: `${idOf(time, n)}-${row}` }, at);
const byClient = (label: unknown, client_request_id: string, row_index = 0): Label =>
  labelOf(label, { client_request_id, row_index });

describe('labels', () => {
  it('are in SQL once they were taken, and in the parts once they were merged', async () => {
    const { append, push, builder, sql, parts } = await open();
    append([lineOf(T, 1, two), lineOf(T, 2, { ...one, client_request_id: 'c' })]);
    await push([
      byExample(5, T, 1),
      labelOf(6, { request_id: idOf(T, 1), row_index: 1 }, later(-5)),
      byClient(7, 'c'),
    ]);
    expect(await builder.step()).toMatchObject({ rows: 3, labels: 3, services: {} });
    const labelled = 'label, labelled_at, label_received_at';
    const wanted = [
      [5, T, T],
      [6, later(-5), T],
      [7, T, T],
    ];
    const ofSql =
      'SELECT label, epoch_ms(labelled_at)::BIGINT, epoch_ms(label_received_at)::BIGINT FROM inference.wine ORDER BY ALL';
    const asked = await sql(ofSql);
    expect(asked).toEqual(
      wanted.map(([label, ...times]) => [label, ...times.map((time) => Date.parse(String(time)))]),
    );
    expect(await parts('wine', labelled)).toEqual(wanted.map(() => [null, null, null]));
    expect(await builder.merge()).toMatchObject({ services: {} });
    expect(await parts('wine', labelled)).toEqual(wanted);
    expect(await sql(ofSql)).toEqual(asked);
    expect(await builder.step()).toBeNull();
    expect(
      await sql(
        'SELECT service, example_id, row_index, label, batch_id FROM inference.labels ORDER BY label',
      ),
    ).toMatchObject([
      ['wine', `${idOf(T, 1)}-0`, null, '5', expect.stringMatching(/^[0-9a-f]{32}$/)],
      ['wine', null, 1, '6', expect.anything()],
      ['wine', null, 0, '7', expect.anything()],
    ]);
  });

  it('tell several outcomes of a row, each with its own corrections', async () => {
    const outcomes = { click: 'boolean', revenue: 'double', reason: 'string' } as const;
    const { append, push, builder, sql, parts, setClock } = await open([{ ...WINE, outcomes }]);
    const told = (name: string, label: unknown, at: string | null = null): Label => ({
      ...byExample(label, T, 1, 0, at),
      name,
    });
    append([lineOf(T, 1, one), lineOf(T, 2, { ...one, client_request_id: 'c' })]);
    await push([
      told('click', true),
      told('revenue', 12.5, later(5)),
      told('revenue', 11, later(4)),
      { ...byClient('late', 'c'), name: 'reason' },
    ]);
    await builder.step();
    const cells = 'label, click, revenue, reason, click_labelled_at, revenue_labelled_at';
    const ofSql = `SELECT label, click, revenue, reason FROM inference.wine ORDER BY example_id`;
    const first = [null, true, 12.5, null];
    const second = [null, null, null, 'late'];
    expect(await sql(ofSql)).toEqual([first, second]);
    await builder.merge();
    expect(await parts('wine', cells)).toEqual([
      [...first, T, later(5)],
      [...second, null, null],
    ]);
    // The label comes after the others and leaves them be, and the correction of one does, too.
    setClock(later(60_000));
    await push([byExample(6, T, 1), told('click', false), told('revenue', 1, later(3))]);
    await builder.step();
    const corrected = [6, false, 12.5, null];
    expect(await sql(ofSql)).toEqual([corrected, second]);
    await builder.merge();
    expect(await parts('wine', cells)).toEqual([
      [...corrected, later(60_000), later(5)],
      [...second, null, null],
    ]);
    expect(
      await sql("SELECT name, label FROM inference.labels WHERE name <> 'revenue' ORDER BY ALL"),
    ).toEqual([
      ['click', 'false'],
      ['click', 'true'],
      ['label', '6'],
      ['reason', '"late"'],
    ]);
  });

  it('whose outcome has no column yet wait for it', async () => {
    const { append, push, builder, known, sql, parts } = await open();
    append([lineOf(T, 1, one)]);
    await push([byExample(5, T, 1), { ...byExample(1, T, 1), name: 'revenue' }]);
    await builder.step();
    await builder.merge();
    expect(await parts('wine', 'label')).toEqual([[5]]);
    known[0] = { ...WINE, outcomes: { revenue: 'double' } };
    expect(await sql('SELECT label, revenue FROM inference.wine')).toEqual([[5, 1]]);
    await builder.merge();
    expect(await parts('wine', 'label, revenue')).toEqual([[5, 1]]);
  });

  it('find the rows of features that are called as DuckDB calls its own columns', async () => {
    for (const own of ['file_row_number', 'file_index', 'filename']) {
      const { append, push, builder, parts } = await open([
        { ...WINE, inputs: { [own]: 'double' } },
      ]);
      const times = [T, later(DAY_MS)];
      for (const [n, time] of times.entries())
        append([lineOf(time, n, asked([own], [[7 + n]], [2]))]);
      await push(times.map((time, n) => byExample(n, time, n)));
      await builder.step();
      await builder.merge();
      expect(await parts('wine', `label, "${own}"`)).toEqual([
        [0, 7],
        [1, 8],
      ]);
    }
  });

  it('find their rows in however many parts, and wait on where there is none', async () => {
    const { append, push, builder, parts } = await open();
    const times = Array.from({ length: 20 }, (_, n) => later(n * DAY_MS));
    for (const [n, time] of times.entries()) append([lineOf(time, n, two)]);
    const both = times.flatMap((time, n) => [byExample(n, time, n), byExample(50 + n, time, n, 1)]);
    const unknown = byExample(99, later(3 * DAY_MS), 99);
    await push([...both.slice(20), unknown, ...both.slice(0, 20)].toReversed());
    await builder.step();
    await builder.merge();
    const found = times.flatMap((_, n) => [[n], [50 + n]]);
    expect(await parts('wine', 'label')).toEqual(found);
    expect(builder.state.waiting().get('wine')).toMatchObject({ examples: 1 });
    append([lineOf(later(3 * DAY_MS), 99, one)]);
    await builder.step();
    await builder.merge();
    expect(await parts('wine', 'label')).toEqual([...found.slice(0, 8), [99], ...found.slice(8)]);
    expect(builder.state.waiting().get('wine')).toMatchObject({ examples: 0 });
  });

  it('are merged by themselves after a quarter of an hour', async () => {
    const { append, push, builder, parts, setClock } = await open();
    append([lineOf(T, 1, one)]);
    await push([byExample(5, T, 1)]);
    await builder.step();
    setClock(later(14 * 60_000));
    expect(await builder.step()).toBeNull();
    setClock(later(16 * 60_000));
    expect(await builder.step()).toMatchObject({ labels: 0 });
    expect(await parts('wine', 'label')).toEqual([[5]]);
  });

  it('that come months late write the part of their row anew, and no other', async () => {
    const { append, push, builder, folder, parts, setClock } = await open();
    const days = [-100, -90, 0].map((days) => later(days * DAY_MS));
    for (const [n, day] of days.entries()) append([lineOf(day, n, one), lineOf(day, 10 + n, one)]);
    await builder.step();
    setClock(later(1_000));
    await push([byExample(9, days[1] ?? '', 1)]);
    await builder.step();
    const stamps = () =>
      new Map(
        builder.state
          .allParts()
          .filter(({ table }) => table === 'wine')
          .map((part): [string, string] => {
            const { ino, mtimeMs } = statSync(partPath(folder, part));
            return [part.date, `${ino} ${mtimeMs}`];
          }),
      );
    const before = stamps();
    await builder.merge();
    const after = stamps();
    const rewritten = [...before].filter(([day, stamp]) => after.get(day) !== stamp);
    expect(rewritten.map(([day]) => day)).toEqual([days[1]?.slice(0, 10)]);
    expect(await parts('wine', 'label')).toEqual([[null], [null], [9], [null], [null], [null]]);
    // Nothing waits: nothing is written.
    const decide = jest.spyOn(builder.state, 'decide');
    await builder.merge();
    expect(decide).not.toHaveBeenCalled();
  });

  it('keep a full part full: it does not grow again by being smaller as a file', async () => {
    const { append, push, builder } = await open();
    append([lineOf(T, 1, one)]);
    await builder.step();
    const [before] = builder.state.partsOf('wine', T.slice(0, 10));
    await push([byExample(9, T, 1)]);
    await builder.step();
    await builder.merge();
    const [after] = builder.state.partsOf('wine', T.slice(0, 10));
    expect(Number(after?.bytes)).toBeGreaterThanOrEqual(Number(before?.bytes));
  });

  it('stand in the column of their row’s model version', async () => {
    const text = { type: 'string', width: 1, classes: null } as const;
    const { append, push, builder, sql, parts, known } = await open();
    append([lineOf(T, 1, one)]);
    await builder.step();
    // The first part is older than the column.
    known.push({ ...WINE, version: 2, output: text });
    append([lineOf(later(DAY_MS), 2, { ...asked(['a'], [[1]], ['good']), model_version: 2 })]);
    await push([byExample(5, T, 1), byExample('bad', later(DAY_MS), 2)]);
    await builder.step();
    const wanted = [
      [5, null],
      [null, 'bad'],
    ];
    expect(await sql('SELECT label, label_2 FROM inference.wine ORDER BY example_id')).toEqual(
      wanted,
    );
    await builder.merge();
    expect(await parts('wine', 'label, label_2')).toEqual(wanted);
    await push([byExample('no number', T, 1), byExample(7, later(DAY_MS), 2)]);
    await builder.step();
    const misfits = [
      [null, null],
      [null, '7'],
    ];
    expect(await sql('SELECT label, label_2 FROM inference.wine ORDER BY example_id')).toEqual(
      misfits,
    );
    await builder.merge();
    expect(await sql('SELECT label, label_2 FROM inference.wine ORDER BY example_id')).toEqual(
      misfits,
    );
  });

  it('of whole numbers are not rounded to one', async () => {
    const output = { type: 'long', width: 1, classes: null } as const;
    const { append, push, builder, sql } = await open([
      { ...WINE, output },
      { ...WINE, version: 2 },
    ]);
    append([1, 2, 3, 4].map((n) => lineOf(T, n, one)));
    const given = [5.5, -5, 5e-7, Number.MAX_SAFE_INTEGER];
    await push(given.map((label, i) => byExample(label, T, i + 1)));
    await builder.step();
    expect(await sql('SELECT label, label_2 FROM inference.wine ORDER BY example_id')).toEqual([
      ...[
        [null, null],
        [-5, null],
        [null, null],
      ],
      [Number.MAX_SAFE_INTEGER, null],
    ]);
  });

  it('are arrays where predictions are, and any text', async () => {
    const output = { type: 'string', width: 2, classes: null } as const;
    const { append, push, builder, sql } = await open([{ ...WINE, output }]);
    append([
      lineOf(T, 1, asked(['a'], [[1]], [['x', 'y']])),
      lineOf(T, 2, asked(['a'], [[1]], [['x', 'y']])),
    ]);
    const label = ['', 'a "quoted" \u0000 \n ü 🍷'];
    await push([byExample(label, T, 1), byExample([], T, 2)]);
    await builder.step();
    const found = 'SELECT label FROM inference.wine ORDER BY example_id';
    expect(await sql(found)).toEqual([[label], [[]]]);
    await builder.merge();
    expect(await sql(found)).toEqual([[label], [[]]]);
  });

  it('of the latest labelled_at win, then those received later, then those later in their batch', async () => {
    const { append, push, builder, sql, setClock } = await open();
    append([1, 2, 3].map((n) => lineOf(T, n, one)));
    const found = 'SELECT label FROM inference.wine ORDER BY example_id';
    await push([
      byExample(1, T, 1, 0, later(50)),
      byExample(2, T, 2),
      byExample(1, T, 3),
      labelOf(2, { request_id: idOf(T, 3) }),
    ]);
    await builder.step();
    expect(await sql(found)).toEqual([[1], [2], [2]]);
    for (const merged of [false, true]) {
      if (merged) await builder.merge();
      setClock(later(merged ? 20 : 10));
      // Older, though received later; and as old, but received later.
      await push([byExample(8, T, 1, 0, later(40)), byExample(merged ? 8 : 7, T, 2, 0, T)]);
      await builder.step();
      expect(await sql(found)).toEqual([[1], [merged ? 8 : 7], [2]]);
    }
  });
});

describe('labels by a client’s id', () => {
  it('go to requests that came before or up to 24 hours after them, and are counted where these are several', async () => {
    const { append, push, builder, sql } = await open();
    const carrying = (client_request_id: string, more = {}) => ({
      ...two,
      client_request_id,
      ...more,
    });
    append([lineOf(later(-30 * DAY_MS), 1, carrying('a')), lineOf(T, 2, carrying('b'))]);
    await push([
      byClient(1, 'a'),
      byClient(2, 'a', 1),
      byClient(3, 'b'),
      byClient(9, 'b', 2),
      byClient(4, 'c'),
    ]);
    expect(await builder.step()).toMatchObject({ labels: 5, services: {} });
    append([
      lineOf(later(DAY_MS), 3, carrying('a')),
      lineOf(later(DAY_MS + 1), 4, carrying('b')),
      lineOf(later(5), 5, carrying('c')),
      lineOf(later(6), 6, carrying('c', { role: 'shadow', primary_request_id: idOf(later(5), 5) })),
      lineOf(later(7), 7, carrying('c', { status_code: 400 })),
      lineOf(later(8), 8, carrying('c', { service: 'other' })),
    ]);
    const ofStep = await builder.step();
    expect(ofStep?.services).toMatchObject({ wine: { ambiguous: 2, unmatched: 0, errors: 0 } });
    expect(ofStep?.services).toMatchObject({ other: { errors: 1 } });
    const labels = 'SELECT label FROM inference.wine ORDER BY request_time, row_index';
    const wanted = [1, 2, 3, null, 4, null, 4, null, 1, 2, null, null].map((label) => [label]);
    expect(await sql(labels)).toEqual(wanted);
    await builder.merge();
    expect(await sql(labels)).toEqual(wanted);
    append([lineOf(later(9), 9, carrying('c')), lineOf(later(10), 10, carrying('a'))]);
    // Those that were counted already are not counted again.
    expect((await builder.step())?.services).toMatchObject({ wine: { ambiguous: 1 } });
  });

  it('that found nothing for a week are counted once, and those that did are not', async () => {
    const { append, push, builder, setClock } = await open();
    append([lineOf(T, 1, { ...one, client_request_id: 'a' })]);
    await push([byClient(1, 'a'), byClient(2, 'nobody'), byClient(2, 'a', 3)]);
    await builder.step();
    await builder.merge();
    setClock(later(7 * DAY_MS + 1));
    expect((await builder.step())?.services).toEqual({
      wine: { errors: 0, ambiguous: 0, unmatched: 2 },
    });
    expect(builder.state.waiting().get('wine')).toEqual({ examples: 0, clients: 0 });
    setClock(later(8 * DAY_MS));
    expect(await builder.step()).toBeNull();
  });
});

describe('labels whose rows do not come', () => {
  it('are counted when they are dropped, though time goes on while they are looked at', async () => {
    const { push, builder, openBuilder, setClock } = await open();
    await push([byExample(1, T, 1)]);
    setClock(later(1));
    await push([byExample(1, T, 2)]);
    await builder.step();
    let time = Date.parse(T) + 7 * DAY_MS - 1;
    const next = await openBuilder((needs) => ({
      ...needs,
      now: () => {
        time += 1;
        return new Date(time);
      },
    }));
    let unmatched = 0;
    for (let n = 0; n < 3; n += 1) {
      unmatched += (await next.merge()).services.wine?.unmatched ?? 0;
    }
    expect(unmatched).toBe(2);
    expect(next.state.waiting().get('wine')).toEqual({ examples: 0, clients: 0 });
  });

  it('wait a week, are counted, and are found again when their day is looked at again', async () => {
    const { append, push, builder, sql, parts, setClock } = await open();
    await push([
      byExample(1, T, 1),
      byExample(4, T, 1),
      byExample(3, T, 1, 0, later(-1)),
      byExample(5, T, 2),
    ]);
    expect(await builder.step()).toMatchObject({ labels: 4 });
    expect((await builder.merge()).services).toEqual({});
    setClock(later(7 * DAY_MS + 1));
    expect((await builder.step())?.services).toMatchObject({ wine: { unmatched: 2 } });
    append([lineOf(T, 1, one)]);
    await builder.step();
    expect(await sql('SELECT label FROM inference.wine')).toEqual([[null]]);
    expect(await builder.retry('wine', '2026-11-21', '2026-11-30')).toBe(0);
    expect(await sql('SELECT label FROM inference.wine')).toEqual([[null]]);
    expect(await builder.retry('wine', '2026-11-20', '2026-11-20')).toBe(1);
    expect(await sql('SELECT label FROM inference.wine')).toEqual([[4]]);
    // That without a row was counted once.
    expect((await builder.merge()).services).toEqual({});
    expect(await parts('wine', 'label')).toEqual([[4]]);
    // Once more: nothing is written.
    const decide = jest.spyOn(builder.state, 'decide');
    expect(await builder.retry('wine', '0001-01-01', '9999-12-31')).toBe(0);
    await builder.merge();
    expect(decide).not.toHaveBeenCalled();
    expect(await sql('SELECT count(*) FROM inference.labels')).toEqual([[4]]);
  });

  it('by a client’s id are found again for requests of their time, beside those that still wait', async () => {
    const { append, push, builder, sql, parts, setClock } = await open();
    await push([byClient(1, 'c'), byClient(2, 'c'), byClient(3, 'd', 1)]);
    await builder.step();
    setClock(later(8 * DAY_MS));
    await push([byClient(8, 'new'), byExample(9, later(DAY_MS), 7)]);
    await builder.step();
    expect(builder.state.waiting().get('wine')).toEqual({ examples: 1, clients: 1 });
    append([
      lineOf(T, 1, { ...one, client_request_id: 'c' }),
      lineOf(T, 2, { ...two, client_request_id: 'd' }),
      // Too late for the label.
      lineOf(later(2 * DAY_MS), 3, { ...one, client_request_id: 'c' }),
    ]);
    await builder.step();
    expect(await builder.retry('wine', '0001-01-01', '9999-12-31')).toBe(2);
    const wanted = [[2], [null], [3], [null]];
    expect(await sql('SELECT label FROM inference.wine ORDER BY example_id')).toEqual(wanted);
    await builder.merge();
    expect(await parts('wine', 'label')).toEqual(wanted);
    expect(builder.state.waiting().get('wine')).toEqual({ examples: 1, clients: 1 });
  });

  it('do not come back where a later one is in the row, or where they are another service’s', async () => {
    const { append, push, builder, parts, setClock } = await open();
    append([lineOf(T, 1, one), lineOf(T, 2, { ...one, service: 'beer' })]);
    await push([byExample(1, T, 1, 0, later(-5)), byExample(2, T, 1, 0, later(-9))]);
    await push([byExample(7, T, 1, 0, later(-1))], 'beer');
    await builder.step();
    await builder.merge();
    setClock(later(8 * DAY_MS));
    await push([byExample(3, T, 1, 0, later(-4))]);
    await builder.step();
    await builder.merge();
    expect(await builder.retry('wine', '0001-01-01', '9999-12-31')).toBe(0);
    expect(await parts('wine', 'label')).toEqual([[3]]);
  });
});

/** A state whose process ends at its nth step of carrying something out. */
const endingAt = (state: TableState, n: number): TableState => {
  let steps = 0;
  const step = (): void => {
    steps += 1;
    if (steps > n) throw new Error('the process ended');
  };
  return {
    ...state,
    decide(decision) {
      step();
      state.decide(decision);
      step();
    },
    carriedOut(decision) {
      step();
      state.carriedOut(decision);
      step();
    },
  };
};

describe('a builder that ends in the middle', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])(
    'of its step %i is continued to the same tables, and a batch that comes twice changes nothing',
    async (n) => {
      const fixture = await open();
      const { append, push, sql, parts, labels, openBuilder } = fixture;
      append([lineOf(T, 1, two), lineOf(T, 2, { ...one, client_request_id: 'c' })]);
      const batch = [byExample(5, T, 1), byExample(6, T, 1, 1), byClient(7, 'c')];
      await push(batch);
      const work = async (builder: Awaited<ReturnType<typeof openBuilder>>): Promise<void> => {
        let report: StepReport | null;
        do report = await builder.step();
        while (report !== null);
        await builder.merge();
      };
      const first = await openBuilder((needs) => ({ ...needs, state: endingAt(needs.state, n) }));
      await work(first).catch((error: Error) => expect(error.message).toBe('the process ended'));
      await push(batch);
      await work(await openBuilder());
      await push(batch);
      await work(await openBuilder());
      expect(await parts('wine', 'label')).toEqual([[5], [6], [7]]);
      expect(await sql('SELECT label FROM inference.wine ORDER BY example_id')).toEqual([
        [5],
        [6],
        [7],
      ]);
      expect(await sql('SELECT count(*) FROM inference.labels')).toEqual([[3]]);
      expect(readdirSync(labels)).toEqual([]);
    },
  );

  it.each([0, 1, 2, 3])(
    'with %i of its files in place is continued to the same tables',
    async (done) => {
      const { append, push, sql, parts, openBuilder, builder, folder } = await open();
      append([lineOf(T, 1, one), lineOf(later(-DAY_MS), 2, one)]);
      await push([byExample(5, T, 1), byExample(6, later(-DAY_MS), 2)]);
      await builder.step();
      // Decided and on their way: as many are in place as could be moved.
      const { replacements } = await decisionOf(builder, done);
      expect(replacements).toHaveLength(3);
      const next = await openBuilder();
      await next.merge();
      expect(await parts('wine', 'label')).toEqual([[6], [5]]);
      expect(await sql('SELECT label FROM inference.wine ORDER BY example_id')).toEqual([[6], [5]]);
      expect(readdirSync(`${folder}.work`)).toEqual([]);
      expect(next.state.decision()).toBeUndefined();
    },
  );
});

it('labels that are taken after a build that half failed wait for what it had decided', async () => {
  const { append, push, parts, openBuilder } = await open();
  append([lineOf(T, 1, one)]);
  append([lineOf(T, 2, one)], { next: true });
  await push([byExample(5, T, 1), byExample(6, T, 2)]);
  let decisions = 0;
  const { step, merge } = await openBuilder((needs) => ({
    ...{ ...needs, mostBytes: 10 },
    state: {
      ...needs.state,
      carriedOut: (decision) => {
        decisions += 1;
        if (decisions === 2) throw new Error('the disk is gone');
        needs.state.carriedOut(decision);
      },
    },
  }));
  // Told is what the first window came to; the second is decided, and its files are in place.
  expect(await step()).toMatchObject({ rows: 1, labels: 2 });
  append([lineOf(T, 3, one)]);
  while ((await step()) !== null);
  await merge();
  expect(await parts('wine', 'label')).toEqual([[5], [6], [null]]);
});

/** Has a merge decided, with so many of its files put in place. */
const decisionOf = async (
  { state, merge }: { readonly state: TableState; merge(): Promise<unknown> },
  done: number,
) => {
  const decide = state.decide;
  const ended = new Error('the process ended');
  Object.assign(state, {
    decide: (decision: Parameters<TableState['decide']>[0]) => {
      decide(decision);
      for (const { draft, path } of decision.replacements.slice(0, done)) renameSync(draft, path);
      throw ended;
    },
  });
  await expect(merge()).rejects.toBe(ended);
  const decision = state.decision();
  if (!decision) throw new Error('nothing was decided');
  return decision;
};

describe('whoever asks while labels are merged', () => {
  it('gets whole answers, whatever files are replaced meanwhile', async () => {
    const { append, push, builder, sql } = await open();
    const over = new AbortController();
    const wrong: unknown[] = [];
    const asking = async (): Promise<void> => {
      let most = 0;
      while (!over.signal.aborted) {
        const [counts = []] = await sql(
          'SELECT count(*), count(*) FILTER (label <> a) FROM inference.wine',
        ).catch((error: Error) => [[error.message]]);
        const [rows, others] = counts.map(Number);
        if (others !== 0 || Number(rows) < most) wrong.push(counts);
        most = Number(rows);
      }
    };
    const asked = asking();
    for (let n = 0; n < 25; n += 1) {
      append([
        lineOf(T, n, {
          row_count: 1,
          request: { dataframe_split: { columns: ['a'], data: [[n]] } },
          response: { predictions: [2] },
        }),
      ]);
      await push([byExample(n, T, n)]);
      await builder.step();
      if (n % 3 === 0) await builder.merge();
    }
    over.abort();
    await asked;
    expect(wrong).toEqual([]);
  }, 60_000);
});
