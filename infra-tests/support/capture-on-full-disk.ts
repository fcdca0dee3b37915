import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aRecord, idAt } from '../../adapters/contracts/capture-sink.contract';
import { captureLog } from '../../adapters/embedded/capture-log/capture-log';
import type { CaptureLoss } from '../../adapters/embedded/capture-log/loss-ledger';

/**
 * Captures into a small disk until it is full, frees some of it, captures again; prints what was
 * settled in the end, what was counted and told, and whether the log ended with whole lines when full.
 */
const [, , disk = ''] = process.argv;
const log = join(disk, 'log');
const ballast = join(disk, 'ballast');
writeFileSync(ballast, Buffer.alloc(400_000));
const losses: CaptureLoss[] = [];
const onLost = (loss: CaptureLoss): void => {
  losses.push(loss);
};
const sink = captureLog({ folder: log, onLost });

let count = 0;
let settled = 0;
const captureSome = (some: number): Promise<unknown> =>
  Promise.all(
    Array.from({ length: some }, () => {
      count += 1;
      const request = { json: `{"x":"${'x'.repeat((count * 211) % 5_000)}"}` };
      const record = aRecord({ request_id: idAt(Date.now(), count), request });
      return new Promise<void>((done) => {
        sink.append(record, () => {
          settled += 1;
          done();
        });
      });
    }),
  );

const captured = async (): Promise<void> => {
  while (sink.counts().lost < 100 && count < 100_000) await captureSome(7);
  const full = sink.counts();
  const whole = readdirSync(log).every((file) => readFileSync(join(log, file)).at(-1) === 10);
  rmSync(ballast);
  await captureSome(20);
  const after = sink.counts();
  await sink.close();
  process.stdout.write(
    JSON.stringify({ count, settled, full, whole, after, end: sink.counts(), losses }),
  );
};
void captured();
