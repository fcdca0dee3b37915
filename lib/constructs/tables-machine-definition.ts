import { functions } from '../functions';
import type { MachineDefinition, MapState, TaskState } from './state-language';

/** What the state machine calls. */
interface Parts {
  readonly partition: string;
  /** ARNs of functions. */
  readonly build: string;
  readonly sweep: string;
  readonly workGroup: string;
}

/** A run that is not through by then waits for something that does not come. */
const LONGEST_RUN_S = 6 * 3_600;
/** Athena itself ends statements after 30 minutes. */
const LONGEST_STATEMENT_S = 2_100;
/** Over the function's own limit, which says more. */
const GRACE_S = 10;
const SERVICES_AT_ONCE = 4;
/** Characters. */
const LONGEST_REASON = 1_000;
const LONGEST_CAUSE = 8_000;

/** All that is called here may be called again: it is throttled, or not reached. */
const AGAIN = {
  IntervalSeconds: 2,
  BackoffRate: 3,
  MaxDelaySeconds: 120,
  MaxAttempts: 4,
  JitterStrategy: 'FULL',
} as const;

/** What Athena or a function says of a failure; empty where neither does. */
const SAID = `(
  $groups := $match($states.errorOutput.Cause, /"(?:StateChangeReason|errorMessage)"\\s*:\\s*"((?:\\\\.|[^"])*)"/).groups;
  $exists($groups[0]) ? $replace($groups[0], '\\\\"', '"') : ''
)`;

/**
 * Whether a statement that failed may do better in a minute. One that met its limit of bytes or of time
 * would meet it again, and what it read is paid for each time; one that is wrong stays wrong. Races and
 * throttling pass, whosever fault Athena says they are.
 */
const MAY_PASS = `{% (
  $said := ${SAID};
  $cause := $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : '';
  $isLimit := $states.errorOutput.Error = 'States.Timeout' or $contains($said, /scanned limit|query timeout/i);
  $isWrong := $contains($cause, /"ErrorCategory"\\s*:\\s*2[^0-9]/)
    and $not($contains($said, /commit|conflict|throttl|slow ?down|request rate|rate exceeded|too many requests/i));
  $not($isLimit or $isWrong)
) %}`;

/**
 * Whether a statement came to the end of what it does in one go, and wants to be run again for the rest:
 * `VACUUM` after 20,000 files, `OPTIMIZE` after 100 partitions. Athena calls that a failure of the user's.
 */
const NEEDS_MORE = `$contains(${SAID}, /ICEBERG_(?:VACUUM|OPTIMIZE)_MORE_RUNS_NEEDED/)`;
/** Times that it is run again for the rest: 400,000 files. Each is paid for, and one may never come to its end. */
const ROUNDS = 20;

/** Times that a statement is tried again, and seconds before it: up to 2, 6, 18 and 54. */
const TRIES = 4;
const PAUSE = '{% $ceil($random() * 2 * $power(3, $failures - 1)) %}';

/**
 * Why something failed: what Athena or a function says. Neither a statement, whose literals may be
 * somebody's data, nor a stack of calls.
 */
const REASON = `(
  $cause := $states.errorOutput.Cause;
  $said := ${SAID};
  $reason := $said != '' ? $said : $substring($cause, 0, 1) = '{' ? 'its execution says why' : $cause;
  $substring($join([$states.errorOutput.Error, $reason], ': '), 0, ${LONGEST_REASON})
)`;
const WHY = `{% ${REASON} %}`;

/** Of an erasure that alone: what was to be built beside it is told, and comes with the next build. */
const FAILED = `$states.input.reports[$exists(failed)
  and ($not($states.context.Execution.Input.kind = 'erasure') or kind = 'erase')]`;

/**
 * Builds tables: asks which work there is, and of each piece what comes next until it is done. What
 * fails to the end is told, and the others go on; a run with failures ends failed.
 */
export const tablesMachine = (parts: Parts): MachineDefinition => ({
  Comment: 'Tidegate: brings what has arrived into the tables',
  QueryLanguage: 'JSONata',
  TimeoutSeconds: LONGEST_RUN_S,
  StartAt: 'Plan',
  States: {
    Plan: {
      ...ask(parts, { ask: 'plan', run: '{% $states.input %}', execution: EXECUTION }),
      Catch: caughtBy('Unplanned'),
      Next: 'Services',
    },
    Unplanned: { Type: 'Fail', Error: 'TablesNotPlanned', Cause: '{% $why %}' },
    Services: services(parts),
    HasFailed: {
      Type: 'Choice',
      Choices: [{ Condition: `{% $exists(${FAILED}) %}`, Next: 'SomeFailed' }],
      Default: 'Built',
    },
    SomeFailed: {
      Type: 'Fail',
      Error: 'TablesFailed',
      Cause: `{% $substring($join(${FAILED}.(service & ': ' & failed), '; '), 0, ${LONGEST_CAUSE}) %}`,
    },
    Built: { Type: 'Succeed' },
  },
});

const EXECUTION = '{% $states.context.Execution.Id %}';

const caughtBy = (Next: string): TaskState['Catch'] => [
  { ErrorEquals: ['States.ALL'], Assign: { why: WHY }, Next },
];

const invoke = (
  { partition }: Parts,
  name: 'build' | 'sweep',
  FunctionName: string,
  Payload: TaskState['Arguments'],
) =>
  ({
    Type: 'Task',
    Resource: `arn:${partition}:states:::lambda:invoke`,
    Arguments: { FunctionName, Payload },
    TimeoutSeconds: functions[name].seconds + GRACE_S,
    Retry: [{ ...AGAIN, ErrorEquals: ['States.ALL'] }],
  }) as const;

/** Asks the function that decides; its answer is what the state puts out. */
const ask = (parts: Parts, Payload: TaskState['Arguments']) =>
  ({
    ...invoke(parts, 'build', parts.build, Payload),
    Output: '{% $states.result.Payload %}',
  }) as const;

const statement = ({ partition, workGroup }: Parts) =>
  ({
    Type: 'Task',
    Resource: `arn:${partition}:states:::athena:startQueryExecution.sync`,
    Arguments: { QueryString: '{% $states.input.statement.sql %}', WorkGroup: workGroup },
    Assign: {
      ran: `{% $append($ran, [{
        "query": $states.result.QueryExecution.QueryExecutionId, "step": $states.input.statement.step
      }]) %}`,
      failures: 0,
      rounds: 0,
    },
    TimeoutSeconds: LONGEST_STATEMENT_S,
    Next: 'Next',
  }) as const;

const services = (parts: Parts): MapState => ({
  Type: 'Map',
  Items: '{% $states.input %}',
  MaxConcurrency: SERVICES_AT_ONCE,
  ItemProcessor: {
    ProcessorConfig: { Mode: 'INLINE' },
    StartAt: 'Works',
    States: { Works: works(parts) },
  },
  Output: {
    reports: '{% $reduce($states.result, function($all, $some) { $append($all, $some) }, []) %}',
  },
  Next: 'HasFailed',
});

/** The pieces of a service, one after the other: the next may stand on the one before. */
const works = (parts: Parts): MapState => ({
  Type: 'Map',
  Items: '{% $states.input.works %}',
  ItemSelector: {
    service: '{% $states.input.service %}',
    work: '{% $states.context.Map.Item.Value %}',
  },
  MaxConcurrency: 1,
  ItemProcessor: {
    ProcessorConfig: { Mode: 'INLINE' },
    StartAt: 'Begin',
    States: {
      Begin: {
        Type: 'Pass',
        Assign: {
          service: '{% $states.input.service %}',
          work: '{% $states.input.work %}',
          ran: [],
          failures: 0,
          rounds: 0,
        },
        Next: 'Next',
      },
      Next: {
        ...ask(parts, {
          ask: 'next',
          ...{ work: '{% $work %}', ran: '{% $ran %}', execution: EXECUTION },
        }),
        Catch: caughtBy('Failed'),
        Next: 'Which',
      },
      Which: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $exists($states.input.statement.mayFail) %}', Next: 'Attempt' },
          { Condition: '{% $exists($states.input.statement) %}', Next: 'Statement' },
          { Condition: '{% $exists($states.input.chore) %}', Next: 'Chore' },
          { Condition: '{% $exists($states.input.wait) %}', Next: 'Wait' },
        ],
        Default: 'Done',
      },
      Statement: {
        ...statement(parts),
        // No `Retry`: it sees that a statement failed, and not of what.
        Catch: [
          {
            ErrorEquals: ['States.ALL'],
            Assign: {
              ...{ why: WHY, mayPass: MAY_PASS, needsMore: `{% ${NEEDS_MORE} %}` },
              // A round that did its part is no failure.
              failures: `{% ${NEEDS_MORE} ? 0 : $failures + 1 %}`,
              rounds: `{% ${NEEDS_MORE} ? $rounds + 1 : $rounds %}`,
            },
            Output: '{% $states.input %}',
            Next: 'Again',
          },
        ],
      },
      Again: {
        Type: 'Choice',
        Choices: [
          { Condition: `{% $needsMore and $rounds <= ${ROUNDS} %}`, Next: 'Statement' },
          { Condition: `{% $mayPass and $failures <= ${TRIES} %}`, Next: 'Pause' },
        ],
        Default: 'Failed',
      },
      Pause: { Type: 'Wait', Seconds: PAUSE, Next: 'Statement' },
      // What it is for looks itself whether it has to be run again.
      Attempt: {
        ...statement(parts),
        Retry: [{ ...AGAIN, MaxAttempts: 1, ErrorEquals: ['States.TaskFailed'] }],
        Catch: [
          {
            ErrorEquals: ['States.ALL'],
            Assign: {
              ran: `{% $append($ran, [{"failed": ${REASON}, "step": $states.input.statement.step}]) %}`,
            },
            Next: 'Next',
          },
        ],
      },
      Chore: {
        ...invoke(parts, 'sweep', parts.sweep, '{% $states.input.chore %}'),
        Assign: { ran: '{% $append($ran, [{"chore": $states.result.Payload}]) %}' },
        Catch: caughtBy('Failed'),
        Next: 'Next',
      },
      Wait: { Type: 'Wait', Seconds: '{% $states.input.wait %}', Next: 'Next' },
      Done: { Type: 'Succeed' },
      Failed: {
        ...ask(parts, { ask: 'failed', work: '{% $work %}', why: '{% $why %}' }),
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Unheard' }],
        End: true,
      },
      // Even that could not be told: the run says it.
      Unheard: {
        Type: 'Pass',
        Output: {
          ...{ service: '{% $service %}', kind: '{% $work.item.kind %}', failed: '{% $why %}' },
        },
        End: true,
      },
    },
  },
  End: true,
});
