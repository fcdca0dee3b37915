import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Runtime } from '../../../core/models/model-version';

/** How to start what keeps the container contract for a package. */
export interface Program {
  /** File and arguments, for the process's own copy of the package and its port. */
  readonly command: (copy: string, port: number) => readonly [file: string, ...args: string[]];
  readonly environment: Readonly<Record<string, string>>;
  /** The user it runs as; null is the platform's own. */
  readonly uid: number | null;
  /** What a person should know about how it runs. */
  readonly warning: string | null;
}

export interface ProgramAsk {
  /** The package. */
  readonly folder: string;
  /** The user it should run as. */
  readonly uid: number | null;
}

/** Rejects with the reason, and the way out, when this machine cannot run the package. */
export type ProgramFor = (ask: ProgramAsk) => Promise<Program>;

/** The program `serve` in the package, as SageMaker starts containers. */
const ownProgram: ProgramFor = async ({ folder, uid }) => {
  if (!existsSync(join(folder, 'serve'))) {
    throw new Error(
      'this home runs no container images: run the version on AWS, or give it a package with an ' +
        'executable file `serve` that keeps the container contract',
    );
  }
  return { command: (copy) => [join(copy, 'serve')], environment: {}, uid, warning: null };
};

/** By runtime; ONNX models need no process. */
export const programs = (mlflow: ProgramFor): Readonly<Record<Runtime, ProgramFor>> => ({
  mlflow,
  image: ownProgram,
  onnx: () => Promise.reject(new Error('ONNX models run in threads')),
});
