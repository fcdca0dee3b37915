/** What is written of Amazon's States Language here, with JSONata in `{% … %}`. */
interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
  /** Attempts after the first. */
  readonly MaxAttempts: number;
  readonly JitterStrategy: 'FULL';
}

interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Assign?: Readonly<Record<string, string>>;
  readonly Output?: string;
  readonly Next: string;
}

type Json = string | number | readonly Json[] | { readonly [member: string]: Json };
type Then = { readonly Next: string } | { readonly End: true };

/** A state that has something done: tried again, caught and bounded. */
export type TaskState = Then & {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Arguments: Json;
  readonly Assign?: Readonly<Record<string, Json>>;
  readonly Output?: Json;
  readonly TimeoutSeconds: number;
  readonly Retry?: readonly [Retrier, ...Retrier[]];
  readonly Catch: readonly [Catcher, ...Catcher[]];
};

/** A state that does the same with each item. */
export type MapState = Then & {
  readonly Type: 'Map';
  readonly Items: string;
  readonly ItemSelector?: Json;
  readonly MaxConcurrency: number;
  readonly ItemProcessor: States & { readonly ProcessorConfig: { readonly Mode: 'INLINE' } };
  readonly Output?: Json;
};

type State =
  | TaskState
  | MapState
  | (Then & {
      readonly Type: 'Pass';
      readonly Assign?: Readonly<Record<string, Json>>;
      readonly Output?: Json;
    })
  | {
      readonly Type: 'Choice';
      readonly Choices: readonly { readonly Condition: string; readonly Next: string }[];
      readonly Default: string;
    }
  | (Then & { readonly Type: 'Wait'; readonly Seconds: string })
  | { readonly Type: 'Succeed' }
  | { readonly Type: 'Fail'; readonly Error: string; readonly Cause: string };

/** States, and which of them is the first. */
export interface States {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** A state machine. */
export interface MachineDefinition extends States {
  readonly Comment: string;
  readonly QueryLanguage: 'JSONata';
  readonly TimeoutSeconds: number;
}
