import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alone } from './alone';
import type { TrinoVersion } from './releases';
import { startTrino } from './start';

// jest.config.js tells its process to those that run the tests.
const RUN = Number(process.env.TIDEGATE_TEST_RUN ?? process.pid);
const START_MS = 400_000;

/** The one server of a release that all test files of a run share; it and its folder end with the run. */
export const sharedTrino = (version: TrinoVersion): Promise<{ readonly url: string }> => {
  const folder = join(tmpdir(), `tidegate-trino-${version}-run-${RUN}`);
  const note = join(folder, 'url');
  return alone(join(folder, 'lock'), START_MS, async () => {
    if (existsSync(note)) return { url: readFileSync(note, 'utf8') };
    const { url } = await startTrino({ version, owner: RUN, folder });
    writeFileSync(note, url);
    return { url };
  });
};
