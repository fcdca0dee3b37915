import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { notRun } from '../support/not-run';
import { type TrinoClient, trinoClient } from './client';
import { isInstalled } from './install';
import { releases, TRINO_VERSIONS, type TrinoVersion } from './releases';
import { sharedTrino } from './shared';

export interface Trino {
  readonly version: TrinoVersion;
  /** Where the server is, once the tests run. */
  readonly url: () => string;
  /** A client of a schema that is this file's own, on the catalog `iceberg` unless told. */
  readonly client: (session?: { readonly catalog?: string }) => TrinoClient;
  readonly schema: string;
  /** How a statement of this release names a local folder. */
  readonly locationOf: (folder: string) => string;
}

const READY_MS = 400_000;
const INSTALL_MS = 900_000;
const TEST_MS = 60_000;

/**
 * A describe that runs once for each release of Trino, or each of those given, on a server that all files of a run share.
 * Releases are made once, which takes a minute or two. What cannot be made is said in one line; with
 * `CI=true` that is a failure. By hand on another release: `TIDEGATE_TRINO=483 jest athena/removal`.
 */
export const describeTrino = (
  name: string,
  tests: (trino: Trino) => void,
  versions: readonly TrinoVersion[] = TRINO_VERSIONS,
): void => {
  const { TIDEGATE_TRINO } = process.env;
  const wanted = TRINO_VERSIONS.filter((version) =>
    TIDEGATE_TRINO === undefined ? versions.includes(version) : version === TIDEGATE_TRINO,
  );
  for (const version of wanted) {
    const missing = isInstalled(version) ? undefined : install(version);
    describe(`${name} (Trino ${version})`, () => {
      if (missing === undefined) return withServer(version, tests);
      it(`is not run here: ${missing}`, () => {
        notRun(`${name} on Trino ${version}`, missing);
      });
    });
  }
};

/** As a process of its own, for a describe cannot wait. */
const install = (version: TrinoVersion): string | undefined => {
  process.stderr.write(`making Trino ${version} for the tests: a minute or two, once\n`);
  const command = ['--import', 'tsx', 'infra-tests/trino/prepare.ts', version];
  const { status, stderr } = spawnSync(process.execPath, command, {
    timeout: INSTALL_MS,
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  return stderr.trim().split('\n').at(-1)?.slice(0, 200) || `it took too long (${status})`;
};

const withServer = (version: TrinoVersion, tests: (trino: Trino) => void): void => {
  let url = '';
  const schema = `t_${randomUUID().replaceAll('-', '')}`;
  jest.setTimeout(TEST_MS);
  beforeAll(async () => {
    ({ url } = await sharedTrino(version));
    await trinoClient(url).query(`CREATE SCHEMA iceberg.${schema}`);
  }, READY_MS);
  tests({
    ...{ version, schema, url: () => url },
    locationOf: releases[version].locationOf,
    client: (session = {}) => ({
      run: (sql, options) =>
        trinoClient(url, { catalog: 'iceberg', schema, ...session }).run(sql, options),
      query: (sql, options) =>
        trinoClient(url, { catalog: 'iceberg', schema, ...session }).query(sql, options),
    }),
  });
};
