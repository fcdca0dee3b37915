// `npm run bench:tables`, and the second part of `npm run bench`: what the tables cost. A wrong answer or a missing row voids the run.
//   npm run bench:tables -- [--only fresh,latency,slow,cost] [--rounds 5] [--seconds 60] [--days 1,7,30]
// CPU figures hold on a machine that others use, too; wall time and requests/s do not.
// Against other tools: see bench/tables-etl.mjs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import build from '../bin/build.mjs';
import { cost } from './tables-cost.mjs';
import { freshness, latency, slowDown } from './tables-fresh.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'fresh,latency,slow,cost' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '60' },
    days: { type: 'string', default: '1,7,30' },
  },
});
const home = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
const rounds = Number(values.rounds);
const parts = {
  fresh: () => freshness({ home, rate: 300, seconds: Number(values.seconds) }),
  latency: () => latency({ home, rounds, rate: 300, seconds: 10 }),
  slow: () => slowDown({ home, rounds, loadSeconds: 4 }),
  cost: () => cost({ home, rounds, days: values.days.split(',').map(Number) }),
};
await build();
try {
  for (const name of values.only.split(',')) await parts[name]();
} finally {
  rmSync(home, { recursive: true, force: true });
}
