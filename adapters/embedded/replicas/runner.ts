import type { Answer } from '../../../core/inference/answer';
import type { HostEvent, Invocation, VersionPlan } from '../../../core/inference/model-host';
import type { LogLine } from '../../../core/services/log-store';

export interface Usage {
  /** Of one core, since it was asked last. */
  readonly cpu_percent: number | null;
  readonly memory_bytes: number | null;
}

/** A loaded model that answers in a thread or process of its own. */
export interface Runner {
  /** Requests it is given at the same time. */
  readonly width: number;

  /** Rejects with `replicaGone` when it ended before it answered, otherwise with the model's error. */
  predict(invocation: Invocation): Promise<Answer>;

  /** The caller gave up waiting: makes sure that the runner is not stuck on it for good. */
  overdue(invocation: Invocation): void;

  /** Resolves once it answers no more, with the reason. */
  readonly gone: Promise<string>;

  usage(): Usage;

  end(graceMs: number): Promise<void>;
}

export type Tell = (level: HostEvent['level'], type: string, message: string) => void;

export type Log = (level: LogLine['level'], message: string) => void;

export interface RunnerStart {
  readonly instance: string;
  readonly version: VersionPlan;
  /** The package, its digest just checked. */
  readonly folder: string;
  readonly log: Log;
  readonly tell: Tell;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

const GONE = 'replica-gone';

export const replicaGone = (why: string): Error => Object.assign(new Error(why), { code: GONE });

export const isReplicaGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === GONE;

/** An error as one line for a person. */
export const reasonOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.replaceAll(/\s+/g, ' ').trim();
  return line.length > 500 ? `${line.slice(0, 500)}…` : line || 'no reason given';
};

/** Why an attempt to start was ended. */
export const abortReason = (signal: AbortSignal): string =>
  (signal.reason as Error | undefined)?.name === 'TimeoutError'
    ? 'it was not ready in time'
    : 'it was stopped while it started';

/** Resolves with the promise, or after `ms` without it. */
export const within = async (promise: Promise<unknown>, ms: number): Promise<void> => {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, ms);
  await Promise.race([promise, timeout.promise]).finally(() => clearTimeout(timer));
};
