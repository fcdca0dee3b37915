import type { Answer } from '../../../core/inference/answer';
import type {
  HostListener,
  Instance,
  Invocation,
  VersionPlan,
} from '../../../core/inference/model-host';
import type { Table } from '../../../core/inference/table';
import type { ArtifactStore } from '../../../core/models/artifact-store';
import type { ModelVersion } from '../../../core/models/model-version';
import type { Signature } from '../../../core/models/signature';
import type { LogLine, LogStore } from '../../../core/services/log-store';
import { isDomainError } from '../../../core/shared/domain-error';
import type { ReplicaTimes } from './back-off';
import { costEstimate } from './cost-estimate';
import { dispatcher, type ServiceQueue } from './dispatcher';
import { type InlineModel, inlineModel, isCheap, type LoadInline } from './inline-model';
import { END_MS, keepUp, type Replica } from './replica';
import { type Runner, type RunnerStart, reasonOf, type Tell, within } from './runner';
import type { ThreadRunner } from './thread-runner';

/** What every version of the host needs. */
export interface VersionNeeds {
  readonly artifacts: Pick<ArtifactStore, 'open'>;
  readonly logs: Pick<LogStore, 'append'>;
  readonly now: () => Date;
  readonly newId: () => string;
  /** Rows of a `dataframe_split` as a model takes them. */
  readonly tableOf: (
    signature: Signature,
    columns: readonly string[],
    data: readonly unknown[][],
  ) => Table;
  readonly loadInline: LoadInline;
  /** Holds a replica's answer to the example against what is expected; the faults, in words. */
  readonly checkAnswers: (model: ModelVersion, answer: Answer) => Promise<readonly string[]>;
  readonly startThread: (start: RunnerStart) => Promise<ThreadRunner>;
  readonly startProcess: (start: RunnerStart) => Promise<Runner>;
  readonly times: ReplicaTimes;
  readonly listener: HostListener;
}

export interface GenerationNeeds extends VersionNeeds {
  readonly service: string;
  readonly plan: VersionPlan;
  readonly queue: ServiceQueue;
}

const SLOW_MS = 5;
const MORE_REPLAYS = 4;

const all = (promises: Iterable<Promise<void>>) => Promise.all(promises);

/** The replicas of one model under a version's name; another model or environment is another one. */
export const generation = (needs: GenerationNeeds) => {
  const { service, plan, queue, artifacts, logs, now, newId, times, listener } = needs;
  const { model, name: version } = plan;
  const cost = costEstimate();
  const replicas: Replica[] = [];
  const leaving = new Set<Promise<void>>();
  let wanted = 0;
  let inline: InlineModel | null = null;
  let inlineState: 'none' | 'tried' | 'closed' = 'none';
  let loadMs = Number.POSITIVE_INFINITY;

  const log = (level: LogLine['level'], message: string, instance: string | null): void =>
    logs.append(service, { time: now().toISOString(), level, version, instance, message });
  const saw = (rows: number, ms: number): void => {
    cost.saw(rows, ms);
    if (inlineState === 'none') void considerInline();
  };
  const pool = dispatcher({ queue, saw });
  const changed = (): void => listener.stateChanged(service);

  const tell: Tell = (level, type, message) =>
    listener.happened({ service, version, level, type, message });

  const example = (): Table | null => {
    if (!model.expected) return null;
    const { columns, data } = model.expected.input;
    return needs.tableOf(model.signature, columns, data);
  };

  /** The package's folder, its digest checked. */
  const openPackage = async (): Promise<string> => {
    try {
      return await artifacts.open(model.digest);
    } catch (error) {
      if (!isDomainError(error)) {
        const what = `The package is not what was registered: ${reasonOf(error)}`;
        tell('error', 'digest-mismatch', what);
      }
      throw error;
    }
  };

  /** Has the example answered, and holds the answers against the expected ones. */
  const replay = async (runner: Runner, signal: AbortSignal): Promise<void> => {
    const { expected } = model;
    const table = example();
    if (!expected || !table) return;
    const body = () =>
      new TextEncoder().encode(JSON.stringify({ dataframe_split: expected.input }));
    const timeoutMs = times.start;
    const ask = {
      service,
      version,
      requestId: 'replay',
      trace: null,
      table,
      body,
      params: null,
      timeoutMs,
    };
    const answer = await Promise.race([runner.predict(ask), aborted(signal)]);
    const faults = await needs.checkAnswers(model, answer);
    if (faults.length > 0) {
      throw new Error(`its answers are not the expected ones: ${faults.join('; ')}`);
    }
    cost.saw(table.rows, answer.modelMs);
    if (model.runtime !== 'onnx') return;
    // The first answer of a model is slow, and one alone says little about its cost.
    for (let i = 0; i < MORE_REPLAYS && cost.of(1) < SLOW_MS; i += 1) {
      const { modelMs } = await Promise.race([runner.predict(ask), aborted(signal)]);
      cost.saw(table.rows, modelMs);
    }
  };

  const bringUp = async (instance: string, signal: AbortSignal): Promise<Runner> => {
    const folder = await openPackage();
    const start: RunnerStart = {
      instance,
      version: plan,
      folder,
      signal,
      log: (level, message) => log(level, message, instance),
      tell,
    };
    const isOnnx = model.runtime === 'onnx';
    const runner = isOnnx ? await needs.startThread(start) : await needs.startProcess(start);
    try {
      await replay(runner, signal);
    } catch (error) {
      await runner.end(END_MS);
      throw error;
    }
    if ('loadMs' in runner) {
      loadMs = (runner as ThreadRunner).loadMs;
      await considerInline();
    }
    return runner;
  };

  /** Loads the model in this thread as well, once that is known to be cheap. */
  const considerInline = async (): Promise<void> => {
    if (inlineState !== 'none' || !isCheap(model, loadMs, cost)) return;
    inlineState = 'tried';
    const { loadInline: load } = needs;
    try {
      const folder = await openPackage();
      const made = await inlineModel({ load, folder, model, cost, example: example() });
      // It may have been retired meanwhile.
      if ((inlineState as string) === 'closed') made.close();
      else inline = made;
    } catch (error) {
      log('warning', `Small requests take the way to a replica: ${reasonOf(error)}`, null);
    }
  };

  const closeInline = (): void => {
    inline?.close();
    inline = null;
    inlineState = 'closed';
  };

  const leave = async (one: Replica): Promise<void> => {
    const left = one.retire(times.drain, END_MS);
    leaving.add(left);
    await left;
    leaving.delete(left);
    changed();
  };

  const isRunning = (): boolean => pool.seats() > 0 || inline !== null;

  return {
    model,
    wanted: () => wanted,
    running: () => pool.seats(),
    isRunning,
    hasFailed: () => !isRunning() && replicas.every((one) => one.status() === 'failed'),
    reason: (): string | null =>
      replicas.map((one) => one.reason()).find((reason) => reason !== null) ?? null,
    instances: (): readonly Instance[] => replicas.map((one) => one.describe()),
    find: (id: string): Replica | undefined => replicas.find((one) => one.id === id),

    /** Adds replicas, or retires the latest and those that do not run. */
    scale(count: number): void {
      wanted = count;
      while (replicas.length < count) {
        const id = newId();
        const about = { id, version, times, dispatcher: pool, bringUp, tell, changed, now };
        replicas.push(keepUp(about));
      }
      while (replicas.length > count) {
        const idle = replicas.findLastIndex((one) => one.status() !== 'running');
        const [last] = replicas.splice(idle >= 0 ? idle : replicas.length - 1, 1);
        if (last) void leave(last);
      }
    },

    invoke(invocation: Invocation): Answer | Promise<Answer> {
      if (inline?.takes(invocation.table)) return inline.predict(invocation);
      return pool.call(invocation);
    },

    /** Finishes what it has, then ends all replicas, within `graceMs`. Nobody may call it any more. */
    async retire(graceMs: number): Promise<void> {
      const endMs = Math.min(END_MS, graceMs / 4);
      const drainMs = graceMs - endMs;
      closeInline();
      for (const one of replicas) one.settle();
      // What waits for a replica that shall not be started any more waits in vain.
      if (pool.seats() === 0) pool.abandon();
      await within(pool.drained(), drainMs);
      pool.abandon();
      await Promise.all([
        ...replicas.map((one) => one.retire(0, endMs)),
        within(all(leaving), drainMs),
      ]);
    },
  };
};

export type Generation = ReturnType<typeof generation>;

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const abort = (): void => reject(new Error('it did not answer the example in time'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
