/** `application/problem+json` as the platform answers it. */
export interface Problem {
  readonly type: string;
  readonly title?: string;
  readonly status: number;
  readonly detail: string;
  readonly request_id?: string;
  readonly errors?: readonly ProblemFault[];
}

interface ProblemFault {
  readonly row?: number;
  readonly column?: string;
  readonly path?: string;
  readonly code: string;
  readonly message: string;
}

interface Extras {
  /** 1: it failed; 2: it was called wrongly. */
  readonly exitCode?: 1 | 2;
  /** What the platform answered. */
  readonly problem?: Problem;
  /** The way out, in a line of its own. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A failure that is told in one clear line, without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: 1 | 2;
  readonly problem: Problem | undefined;
  readonly hint: string | undefined;

  constructor(message: string, extras: Extras = {}) {
    super(message, { cause: extras.cause });
    this.exitCode = extras.exitCode ?? 1;
    this.problem = extras.problem;
    this.hint = extras.hint;
  }
}

/** A failure of the caller's: exit code 2. */
export const usageError = (message: string): CliError => new CliError(message, { exitCode: 2 });
