// Makes the releases that are not there yet: `tsx infra-tests/trino/prepare.ts [version]`.
import { installTrino } from './install';
import { TRINO_VERSIONS } from './releases';

const [, , only] = process.argv;
const wanted = TRINO_VERSIONS.filter((version) => only === undefined || version === only);
const made = await Promise.allSettled(wanted.map((version) => installTrino(version)));
for (const one of made) {
  if (one.status === 'fulfilled') continue;
  const why = one.reason instanceof Error ? one.reason.message : String(one.reason);
  process.stderr.write(`${why.split('\n')[0]}\n`);
  process.exitCode = 1;
}
