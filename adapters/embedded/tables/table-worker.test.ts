import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tableWorker } from './table-worker';

/** A program that fails at its first start, and then answers with its process's id. */
const PROGRAM = `
  import { appendFileSync, existsSync } from 'node:fs';
  const starts = process.argv[2];
  const isFirst = !existsSync(starts);
  appendFileSync(starts, '.');
  if (isFirst) process.exit(3);
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ id }) => process.send({ tell: 'answer', id, value: process.pid }));
`;
/** A program that tells how many of four long works have ended when a short one has that began behind them. */
const BUSY = `
  import { pbkdf2 } from 'node:crypto';
  import { stat } from 'node:fs';
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ id }) => {
    let ended = 0;
    for (let n = 0; n < 4; n += 1) pbkdf2('a', 'b', 1_000_000, 64, 'sha512', () => (ended += 1));
    stat('.', () => process.send({ tell: 'answer', id, value: ended }));
  });
`;
/** Longer than the pause before a process is started again. */
const LATER_MS = 800;

const folder = mkdtempSync(join(tmpdir(), 'tidegate-worker-'));
afterAll(() => rmSync(folder, { recursive: true }));
const programOf = (text: string): string => {
  const file = join(folder, 'program.mjs');
  writeFileSync(file, text);
  return file;
};
const ASK = { ask: 'purge', service: 'wine', upTo: 0 } as const;

describe('a process of the tables', () => {
  it('that ended is started once, though it is asked before it is started by itself', async () => {
    const starts = join(folder, 'starts');
    const ended = Promise.withResolvers<void>();
    const heard = () => ended.resolve();
    const worker = tableWorker({ file: programOf(PROGRAM), args: [starts], always: true, heard });
    worker.start();
    await ended.promise;
    const first = await worker.ask<number>(ASK);
    await sleep(LATER_MS);
    expect(await worker.ask<number>(ASK)).toBe(first);
    expect(readFileSync(starts, 'utf8')).toBe('..');
    await worker.close();
  });

  it('does short work while long work goes on', async () => {
    const heard = () => undefined;
    const worker = tableWorker({ file: programOf(BUSY), args: [], always: false, heard });
    expect(await worker.ask<number>(ASK)).toBe(0);
    await worker.close();
  });
});
