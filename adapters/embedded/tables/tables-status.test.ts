import { join } from 'node:path';
import { labelOf, openLabels } from './labels-fixture';
import { openTableState } from './table-state';
import { asked, idOf, lineOf, type Taught } from './tables-fixture';
import { tablesStatus } from './tables-status';

const WINE: Taught = { model: 'wine', version: 1, inputs: { a: 'double' } };
const T = '2026-11-20T10:00:00.000Z';
const LATER = '2026-11-20T10:00:01.000Z';
const one = asked(['a'], [[1]], [2]);
const TIME = /^\d{4}-\d\d-\d\dT.*Z$/;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const open = async () => {
  const fixture = await openLabels([WINE], T);
  closing.push(fixture.close);
  const { root, log, labels } = fixture;
  const state = openTableState(join(root, 'tables.db'));
  closing.unshift(state.close);
  return { ...fixture, status: tablesStatus({ state, log, labels }) };
};

describe('how far tables are behind', () => {
  it('is nothing where nothing was captured', async () => {
    const { status } = await open();
    expect(await status('wine')).toEqual({ waiting_since: null, built_at: null });
  });

  it('is since the first request of the service that is not in them, until it is built', async () => {
    const { status, append, openBuilder } = await open();
    append([
      lineOf(T, 1, { ...one, service: 'beer' }),
      lineOf(LATER, 2, { ...one, client_request_id: '"service":"wine"' }),
    ]);
    expect(await status('wine')).toEqual({ waiting_since: LATER, built_at: null });
    expect(await status('beer')).toMatchObject({ waiting_since: T });
    expect(await status('cider')).toMatchObject({ waiting_since: null });
    await (await openBuilder()).step();
    expect(await status('wine')).toEqual({
      waiting_since: null,
      built_at: expect.stringMatching(TIME),
    });
  });

  it('is since the first labels that are not in them', async () => {
    const { status, append, push, openBuilder } = await open();
    append([lineOf(T, 1, one)]);
    const builder = await openBuilder();
    await builder.step();
    await push([labelOf(1, { example_id: `${idOf(T, 1)}-0` })]);
    expect(await status('wine')).toMatchObject({ waiting_since: expect.stringMatching(TIME) });
    expect(await status('beer')).toMatchObject({ waiting_since: null });
    await builder.step();
    expect(await status('wine')).toMatchObject({ waiting_since: null });
  });

  it('is told although a line of the log is broken', async () => {
    const { status, append } = await open();
    append([{ service: 'wine' }, lineOf(LATER, 2, one)]);
    expect(await status('wine')).toMatchObject({ waiting_since: LATER });
  });
});
