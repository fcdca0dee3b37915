import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aRecord, idAt } from '../../contracts/capture-sink.contract';
import { captureLog } from '../capture-log/capture-log';
import { captureLogReader } from '../capture-log/capture-log-reader';
import { segmentsAmong } from '../capture-log/segments';
import { openLabels } from './labels-fixture';

const HOUR_MS = 3_600_000;

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A capture log that is written to now, and a builder. */
const open = async () => {
  const fixture = await openLabels([], new Date().toISOString(), []);
  closing.push(fixture.close);
  const { log, setClock, sql } = fixture;
  const builder = await fixture.openBuilder();
  const sink = captureLog({ folder: log, onLost: () => undefined });
  closing.push(() => sink.close());
  const service = 'wine';
  let count = 0;
  return {
    ...{ log, sink, builder },
    async capture(): Promise<string> {
      count += 1;
      const request_id = idAt(Date.now(), count);
      await new Promise<void>((settle) => sink.append(aRecord({ request_id, service }), settle));
      return request_id;
    },
    /** Some hours later. */
    async trimAfter(hours: number, rolls = true): Promise<void> {
      setClock(Date.now() + hours * HOUR_MS);
      if (rolls) sink.roll();
      const last = segmentsAmong(readdirSync(log)).at(-1)?.sequence ?? -1;
      await builder.trim(rolls ? last : last - 1);
    },
    inLog: (id: string) => captureLogReader({ folder: log }).get(service, id),
    texts: () => readdirSync(log).map((file) => readFileSync(join(log, file), 'utf8')),
    inTables: async () =>
      (await sql('SELECT request_id FROM inference.requests ORDER BY 1')).flat(),
  };
};

describe('the capture log', () => {
  it('is empty a day after the last request, however long no other comes', async () => {
    const { capture, builder, trimAfter, inLog, texts, inTables } = await open();
    const id = await capture();
    await builder.step();
    await trimAfter(23);
    expect(await inLog(id)).toBeDefined();
    await trimAfter(25);
    expect(await inLog(id)).toBeUndefined();
    expect(texts()).toEqual(['']);
    expect(await inTables()).toEqual([id]);
  });

  it('goes on behind what was taken out of it', async () => {
    const { capture, builder, trimAfter, texts, inTables } = await open();
    const first = await capture();
    await builder.step();
    await trimAfter(25);
    const second = await capture();
    expect(await builder.step()).toMatchObject({ more: false });
    expect(await inTables()).toEqual([first, second]);
    await trimAfter(25);
    expect(texts()).toEqual(['']);
  });

  it('keeps what is not in the tables yet, however old it is', async () => {
    const { capture, builder, trimAfter, inLog, inTables } = await open();
    const ids = [await capture()];
    await trimAfter(25);
    await builder.step();
    ids.push(await capture());
    await trimAfter(25);
    for (const id of ids) expect(await inLog(id)).toBeDefined();
    await builder.step();
    expect(await inTables()).toEqual(ids);
  });

  it('keeps a segment that may grow', async () => {
    const { capture, builder, trimAfter, inLog } = await open();
    const id = await capture();
    await builder.step();
    await trimAfter(25, false);
    expect(await inLog(id)).toBeDefined();
  });

  it('keeps for a day what a crash left unfinished', async () => {
    const { log, trimAfter, texts } = await open();
    writeFileSync(join(log, '20261120T100000000Z-00000001.ndjson.torn'), '{"request_id":"0');
    await trimAfter(23);
    expect(texts()).toHaveLength(1);
    await trimAfter(25);
    expect(texts()).toEqual([]);
  });
});
