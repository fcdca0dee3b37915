import type { Capability } from '../api/routes';

/** What a function may take. */
interface Allowance {
  readonly seconds: number;
  /** Megabytes, which are also processor time: 1,769 are one processor. */
  readonly memory: number;
  /** Megabytes under `/tmp`. */
  readonly disk: number;
}

const LEAST_DISK = 512;
/** API Gateway waits 29 s for an answer. */
const CONTROL: Allowance = { seconds: 29, memory: 512, disk: LEAST_DISK };

/** The platform's functions: `lambdas/<name>.ts` each. */
export const functions = {
  authorizer: { seconds: 10, memory: 512, disk: LEAST_DISK },
  // A model has 25 s, and what was asked is captured after the answer.
  predict: { seconds: 60, memory: 768, disk: LEAST_DISK },
  about: { ...CONTROL, memory: 256 },
  access: CONTROL,
  models: CONTROL,
  // A little less than `models` waits for it. An archive of 2 GB, what it holds, and a copy of that.
  intake: { seconds: 25, memory: 1024, disk: 8192 },
  services: CONTROL,
  // What it copies may be large.
  packages: { seconds: 900, memory: 256, disk: LEAST_DISK },
  reconcile: { seconds: 300, memory: 512, disk: LEAST_DISK },
  tables: CONTROL,
  // Says what comes next, from the results of all that was run before.
  build: { seconds: 120, memory: 512, disk: LEAST_DISK },
  mark: { seconds: 30, memory: 256, disk: LEAST_DISK },
  // Reads and writes what was captured, object by object.
  sweep: { seconds: 900, memory: 1024, disk: LEAST_DISK },
} as const satisfies Record<string, Allowance>;

export type FunctionName = keyof typeof functions;

/** Those that build tables; their stack is of its own. */
export type TablesFunctionName = 'build' | 'mark' | 'sweep';

/** Which function answers a capability's routes. */
export const functionOf = {
  about: 'about',
  access: 'access',
  models: 'models',
  services: 'services',
  capture: 'tables',
  tables: 'tables',
} as const satisfies Record<Capability, FunctionName>;
