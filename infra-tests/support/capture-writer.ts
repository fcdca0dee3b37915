import { writeSync } from 'node:fs';
import { aRecord, idAt } from '../../adapters/contracts/capture-sink.contract';
import { captureLog } from '../../adapters/embedded/capture-log/capture-log';

/**
 * Captures without end into the folder given; prints the id of each record the moment it is settled.
 * The second argument numbers the run: its ids are those of that minute.
 */
const [, , folder = '', run = '0'] = process.argv;
const onLost = (loss: object): never => {
  throw new Error(JSON.stringify(loss));
};
const sink = captureLog({ folder, onLost, segmentBytes: 300_000 });

let count = 0;
const captureSome = (): void => {
  for (let some = 1 + (count % 13); some > 0; some -= 1) {
    const request_id = idAt(Date.now(), Number(run) * 1e9 + count);
    // From a few bytes to a megabyte: a kill may fall into the middle of a large write.
    const size = count % 97 === 0 ? 1_000_000 : (count * 37) % 3_000;
    const json = Buffer.from(`{"x":"${'x'.repeat(size)}"}`);
    sink.append(aRecord({ request_id, request: { json } }), () => writeSync(1, `${request_id}\n`));
    count += 1;
  }
  setImmediate(captureSome);
};
captureSome();
