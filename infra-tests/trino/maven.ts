import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { extract } from 'tar';
import { runProgram } from './run-program';

// Not the system's: from 3.9 on it reads POMs in parallel, which takes a quarter of the time.
const VERSION = '3.9.11';
const SHA512 =
  'bcfe4fe305c962ace56ac7b5fc7a08b87d5abd8b7e89027ab251069faebee516b0ded8961445d6d91ec1985dfe30f8153268843c89aa392733d1a3ec956c9978';
const CENTRAL = 'https://repo.maven.apache.org/maven2/org/apache/maven/apache-maven';
const PARALLEL = 24;
const FETCH_MS = 120_000;

/** Copies the jars of the POM in `folder` to its `lib`. @throws with Maven's first error */
export const copyJars = async (maven: string, java: string, folder: string): Promise<void> => {
  const repository = join(folder, 'repository');
  await runProgram(
    [
      ...[join(maven, 'bin/mvn'), '--batch-mode', '--no-transfer-progress', '--quiet'],
      ...['--strict-checksums', `-Dmaven.repo.local=${repository}`],
      '-Daether.dependencyCollector.impl=bf',
      `-Daether.dependencyCollector.bf.threads=${PARALLEL}`,
      `-Daether.connector.basic.threads=${PARALLEL}`,
      ...['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'],
    ],
    { cwd: folder, env: { ...process.env, JAVA_HOME: dirname(dirname(java)) } },
  );
  rmSync(repository, { recursive: true, force: true });
};

/** Maven's folder, fetched once as its wrapper does. @throws when it cannot be had, or is another */
export const mavenIn = async (cache: string): Promise<string> => {
  const folder = join(cache, `apache-maven-${VERSION}`);
  if (existsSync(folder)) return folder;
  const response = await fetch(`${CENTRAL}/${VERSION}/apache-maven-${VERSION}-bin.tar.gz`, {
    signal: AbortSignal.timeout(FETCH_MS),
  });
  if (!response.ok) throw new Error(`Maven cannot be fetched: HTTP ${response.status}`);
  const archive = Buffer.from(await response.arrayBuffer());
  if (createHash('sha512').update(archive).digest('hex') !== SHA512) {
    throw new Error(`what was fetched is not Maven ${VERSION}`);
  }
  const part = join(cache, 'maven.part');
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const file = join(part, 'maven.tar.gz');
  writeFileSync(file, archive);
  await extract({ file, cwd: part });
  renameSync(join(part, `apache-maven-${VERSION}`), folder);
  rmSync(part, { recursive: true, force: true });
  return folder;
};
