import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../cli/environment';
import { program } from '../cli/program';
import { run } from '../cli/run';
import { version } from '../package.json';
import { addUp } from './up';

const environment: Environment = {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  home: dirname(dirname(fileURLToPath(import.meta.url))),
  version,
  now: () => new Date(),
};

const root = program(environment);
addUp(root, process.env);
process.exitCode = await run(root, process.argv.slice(2), environment);
