import type { HostRecord } from './host-record';

/** A service's stack as CloudFormation describes it. */
export interface StackView {
  readonly id: string;
  readonly status: string;
  /** When it was made or last began to change. */
  readonly changedAt: string;
  /** Digest of the template in force; null when it has none of ours. */
  readonly plan: string | null;
  /** Values of the platform that are in force, in one text. */
  readonly platform: string;
  readonly stopped: boolean;
  readonly parameters: readonly string[];
}

/** What the stack shall be. */
export interface WantedStack {
  /** Digest of the template. */
  readonly plan: string;
  /** Values of the platform that are other ones in the stack; null when none is. */
  readonly platform: string | null;
  /** Held back, with whatever template it has: what cannot be deployed can be stopped all the same. */
  readonly stopped: boolean;
  /** Whether anything would run, so that a stack is worth making. */
  readonly isNeeded: boolean;
}

export type StackStep =
  | 'none'
  | 'wait'
  | 'create'
  | 'update'
  | 'stop'
  | 'delete'
  | 'continue-rollback';

const FAILED = new Set([
  'CREATE_FAILED',
  'ROLLBACK_COMPLETE',
  'ROLLBACK_FAILED',
  'UPDATE_FAILED',
  'UPDATE_ROLLBACK_COMPLETE',
  'UPDATE_ROLLBACK_FAILED',
]);
/** Nothing can be made of these but a new stack. */
const DEAD = new Set(['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_FAILED']);

/** Whether a stack is in the midst of something; nothing can be asked of it meanwhile. */
export const isChanging = ({ status }: StackView): boolean => status.endsWith('_IN_PROGRESS');

/** Names a wish, to tell whether it is still the one that failed. */
export const keyOf = ({ plan, platform, stopped }: WantedStack): string => {
  if (stopped) return 'stopped';
  return platform === null ? plan : `${plan} ${platform}`;
};

/** Whether a stack that is not changing is what it shall be. */
export const isInForce = (stack: StackView, { plan, platform, stopped }: WantedStack): boolean =>
  stopped ? stack.stopped : stack.plan === plan && platform === null && !stack.stopped;

/** Whether somebody else changed a stack, or made or removed it, since it was looked at. */
export const isMoved = (seen: StackView | null, now: StackView | null): boolean =>
  seen?.id !== now?.id || seen?.status !== now?.status || seen?.changedAt !== now?.changedAt;

/** Whether what was asked of the stack last is what is wanted, was begun, and failed. */
export const hasFailed = (
  stack: StackView,
  wanted: WantedStack,
  asked: HostRecord['asked'],
): boolean =>
  FAILED.has(stack.status) &&
  !isInForce(stack, wanted) &&
  asked?.key === keyOf(wanted) &&
  asked.since !== stack.changedAt;

/** The one thing to do with a stack next; `failedKey` is of a wish that is not to be tried again. */
export const nextStackStep = (
  stack: StackView | null,
  wanted: WantedStack,
  failedKey: string | null,
): StackStep => {
  const isHopeless = failedKey === keyOf(wanted);
  if (!stack) return wanted.isNeeded && !isHopeless ? 'create' : 'none';
  if (isChanging(stack)) return 'wait';
  if (DEAD.has(stack.status)) return 'delete';
  if (stack.status === 'UPDATE_ROLLBACK_FAILED') return 'continue-rollback';
  if (isInForce(stack, wanted) || isHopeless) return 'none';
  return wanted.stopped ? 'stop' : 'update';
};
