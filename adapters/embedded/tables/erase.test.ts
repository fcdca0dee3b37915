import type { Erasure } from '../../../core/tables/erasure';
import { labelOf, openLabels } from './labels-fixture';
import { retain } from './retain';
import { asked, idOf, lineOf, type Taught } from './tables-fixture';

const T = '2026-11-20T10:00:00.000Z';
const LATER = '2026-11-25T10:00:00.000Z';
const WINE: Taught = {
  ...{ model: 'wine', version: 1 },
  inputs: { who: 'string', n: 'integer', seen: 'datetime' },
};
/** It does not know whose wine it is. */
const SHADOW: Taught = { model: 'wine', version: 2, inputs: { n: 'integer' } };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Requests of ann, which a shadow has answered, too, and of bob. */
const open = async () => {
  const fixture = await openLabels([WINE, SHADOW], T);
  closing.push(fixture.close);
  const { append, sql } = fixture;
  const of = (who: string, n: number) =>
    asked(['who', 'n', 'seen'], [[who, n, '2026-11-01T10:00:00Z']], [n / 2]);
  const shadow = { role: 'shadow', primary_request_id: idOf(T, 1), model_version: 2 };
  append([
    lineOf(T, 1, { ...of('ann', 7), client_request_id: 'a' }),
    lineOf(T, 2, { ...of('ann', 7), ...shadow, client_request_id: 'a' }),
    lineOf(LATER, 3, { ...of('bob', 8), client_request_id: 'b' }),
  ]);
  const builder = await fixture.openBuilder();
  await builder.step();
  const numbers = (table: string) =>
    sql(`SELECT right(request_id, 1)::INTEGER FROM inference.${table} ORDER BY 1`);
  return {
    ...{ ...fixture, builder, numbers },
    erase: (what: Erasure) => builder.erase('wine', what, -1),
  };
};

describe('an erasure', () => {
  it.each([
    { column: 'who', value: 'ann' },
    { column: 'role', value: 'shadow' },
    { column: 'request_date', value: '2026-11-20' },
    { request_ids: [idOf(T, 1)] },
    { client_request_ids: ['a'] },
  ])('by %j takes a request with its comparisons', async (what) => {
    const { erase, numbers } = await open();
    expect(await erase(what)).toEqual({ requests: 2, rows: 2, errors: 0, labels: 0 });
    expect([await numbers('requests'), await numbers('wine')]).toEqual([[[3]], [[3]]]);
  });

  it.each([{ client_request_ids: ['a'] }, { request_ids: [idOf(T, 1)] }])(
    'by %j takes rows whose requests are kept no longer',
    async (what) => {
      const { erase, numbers, builder, folder } = await open();
      const now = () => new Date(LATER);
      const only = { requests_days: 1, rows_days: null, labels_days: null };
      await retain({ ...builder, folder, now }, 'wine', only);
      expect(await numbers('requests')).toEqual([[3]]);
      expect(await erase(what)).toMatchObject({ requests: 0, rows: 2 });
      expect(await numbers('wine')).toEqual([[3]]);
    },
  );

  it.each([
    ['n', 7.4],
    ['n', 'seven'],
    ['n', ''],
    ['prediction', 'x'],
    ['seen', 'yesterday'],
    ['nothing', 1],
  ])('refuses a column %s with the value %j', async (column, value) => {
    const { erase, numbers } = await open();
    await expect(erase({ column, value })).rejects.toMatchObject({ kind: 'invalid-input' });
    expect(await numbers('requests')).toEqual([[1], [2], [3]]);
  });

  it.each([
    ['n', 8, 1],
    ['n', '8', 1],
    ['n', 99, 0],
    ['prediction', 4, 1],
    ['seen', '2026-11-01T12:00:00+02:00', 3],
    ['seen', '2026-11-01T10:00:00+02:00', 0],
  ])('finds column %s with the value %j', async (column, value, requests) => {
    const { erase } = await open();
    expect(await erase({ column, value })).toMatchObject({ requests });
  });
});

describe('a purge', () => {
  const open = async () => {
    const fixture = await openLabels([WINE], T, ['wine', 'other']);
    closing.push(fixture.close);
    const builder = await fixture.openBuilder();
    const row = asked(['who', 'n', 'seen'], [['ann', 7, null]], [3]);
    return {
      ...{ ...fixture, builder },
      /** A request with its caller's own id. */
      predict: (n: number) => fixture.append([lineOf(T, n, { ...row, client_request_id: 'a' })]),
      labels: () => fixture.sql('SELECT label FROM inference.wine'),
    };
  };
  const batch = [labelOf(5, { client_request_id: 'a' })];

  it('forgets which labels came, so that the same come again with the service', async () => {
    const { predict, push, builder, labels } = await open();
    predict(1);
    await push(batch);
    await builder.step();
    await builder.purge('wine', -1);
    predict(2);
    await push(batch);
    expect(await builder.step()).toMatchObject({ labels: 1 });
    expect(await labels()).toEqual([[5]]);
  });

  it('remembers the labels of other services', async () => {
    const { push, builder, sql } = await open();
    await push(batch, 'other');
    await builder.step();
    await builder.purge('wine', -1);
    await push(batch, 'other');
    expect(await builder.step()).toBeNull();
    expect(await sql('SELECT count(*) FROM inference.labels')).toEqual([[1]]);
  });

  it('leaves no labels behind that had come twice', async () => {
    const { predict, push, builder, sql } = await open();
    predict(1);
    await push(batch);
    await builder.step();
    await push(batch);
    await builder.purge('wine', -1);
    expect(await builder.step()).toBeNull();
    expect(await sql('SELECT count(*) FROM inference.labels')).toEqual([[0]]);
  });
});
