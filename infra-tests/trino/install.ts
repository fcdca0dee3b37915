import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { alone } from './alone';
import { javaFor } from './java';
import { copyJars, mavenIn } from './maven';
import { COMPILER, pomOf } from './pom';
import { releases, type TrinoVersion } from './releases';
import { runProgram } from './run-program';

// Both jest, as CommonJS, and tsx, as ES modules, run this; both in the repository's folder.
const CACHE = resolve('.cache/trino');
const SOURCES = resolve('infra-tests/trino/java');
const INSTALL_MS = 900_000;
const MARK = 'made-from';

/** Where a release lies: `lib`, `classes` and `plugin`. */
export const folderOf = (version: TrinoVersion): string => join(CACHE, version);

/** Whether it is there, made from what it would be made from now. */
export const isInstalled = (version: TrinoVersion): boolean => {
  const mark = join(folderOf(version), MARK);
  return existsSync(mark) && readFileSync(mark, 'utf8') === recipeOf(version);
};

/** The `java` that a release runs on, made once, whoever asks at the same time. @throws saying in a line what is missing */
export const installedJava = (version: TrinoVersion): Promise<string> =>
  alone(join(CACHE, 'java.lock'), INSTALL_MS, () => javaFor(version, CACHE));

/** Makes a release, once, whoever asks at the same time. @throws saying in a line what is missing */
export const installTrino = (version: TrinoVersion): Promise<void> =>
  alone(join(CACHE, `${version}.lock`), INSTALL_MS, async () => {
    if (isInstalled(version)) return;
    const java = await installedJava(version);
    const maven = await alone(join(CACHE, 'maven.lock'), INSTALL_MS, () => mavenIn(CACHE));
    // What a killed process left is half of something.
    const part = join(CACHE, `${version}.part`);
    rmSync(part, { recursive: true, force: true });
    mkdirSync(part, { recursive: true });
    writeFileSync(join(part, 'pom.xml'), pomOf(version));
    await copyJars(maven, java, part);
    await compile(version, java, part);
    makePlugin(version, part);
    writeFileSync(join(part, MARK), recipeOf(version));
    rmSync(folderOf(version), { recursive: true, force: true });
    renameSync(part, folderOf(version));
  });

const recipeOf = (version: TrinoVersion): string => {
  const { sources, hivePlugin } = releases[version];
  const hash = createHash('sha256').update(pomOf(version)).update(hivePlugin);
  for (const name of sources) hash.update(readFileSync(join(SOURCES, name)));
  return hash.digest('hex');
};

const compile = (version: TrinoVersion, java: string, folder: string): Promise<void> => {
  const jars = readdirSync(join(folder, 'lib')).map((name) => join(folder, 'lib', name));
  const sources = releases[version].sources.map((name) => join(SOURCES, name));
  const classes = join(folder, 'classes');
  const compiler = [java, '-jar', join(folder, 'lib', COMPILER), '-17', '-nowarn'];
  return runProgram([...compiler, '-cp', jars.join(':'), '-d', classes, ...sources]);
};

/** One plugin of all jars: the connector of Hive lies in those of Iceberg. */
const makePlugin = (version: TrinoVersion, folder: string): void => {
  const plugin = join(folder, 'plugin/tables');
  const services = join(plugin, 'services/META-INF/services');
  mkdirSync(services, { recursive: true });
  for (const name of readdirSync(join(folder, 'lib'))) {
    symlinkSync(join('../../lib', name), join(plugin, name));
  }
  const { hivePlugin } = releases[version];
  const plugins = ['io.trino.plugin.iceberg.IcebergPlugin', hivePlugin];
  writeFileSync(join(services, 'io.trino.spi.Plugin'), `${plugins.join('\n')}\n`);
  const own = `${hivePlugin}.class`;
  if (existsSync(join(folder, 'classes', own))) {
    copyFileSync(join(folder, 'classes', own), join(plugin, 'services', own));
  }
};
