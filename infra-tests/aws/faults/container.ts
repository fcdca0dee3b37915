import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What a function answered over HTTP. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Invoked<T> {
  readonly answer: T;
  /** Milliseconds until the answer was out. */
  readonly answeredMs: number;
  /** Milliseconds until the function was through, and the container stood still. */
  readonly ranMs: number;
}

/** A container of a function: a process that stands still between two requests, as on Lambda. */
export interface Container {
  /** One request after the other. @throws what the function throws, and when it is late */
  invoke<T = HttpAnswer>(event: unknown): Promise<Invoked<T>>;
  /** What it printed so far. */
  said(): string;
  stop(): Promise<void>;
}

interface Message {
  readonly ready?: true;
  readonly id?: string;
  readonly answer?: unknown;
  readonly over?: true;
  readonly error?: string;
}

const STARTS_WITHIN_MS = 20_000;
const RUNS_WITHIN_MS = 60_000;
const RUNTIME = join(__dirname, 'fixtures/runtime.mjs');
// A test that is killed leaves nothing behind, also what stands still: the kernel kills it.
const SETPRIV = '/usr/bin/setpriv';
const BOUND = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--'] : [];

/** Starts one with exactly this environment: a cold start. */
export const startContainer = async (
  bundle: string,
  env: Readonly<Record<string, string>>,
): Promise<Container> => {
  const [program = '', ...args] = [...BOUND, process.execPath, RUNTIME, bundle];
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const next = (isIt: (message: Message) => boolean, withinMs: number) =>
    heard(child, isIt, withinMs).catch((error: unknown) => {
      throw new Error(`${error}\n${said.slice(-4_000)}`);
    });
  await next(({ ready }) => ready === true, STARTS_WITHIN_MS).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  child.kill('SIGSTOP');
  let before: Promise<unknown> = Promise.resolve();

  const run = async <T>(event: unknown): Promise<Invoked<T>> => {
    const id = randomUUID();
    const since = performance.now();
    const answered = next(
      (one) => one.id === id && ('answer' in one || !!one.over),
      RUNS_WITHIN_MS,
    ).then(({ answer }) => ({ answer: answer as T, answeredMs: performance.now() - since }));
    const over = next((one) => one.id === id && !!one.over, RUNS_WITHIN_MS);
    child.kill('SIGCONT');
    child.send({ id, event });
    const [first, { error }] = await Promise.all([answered, over]);
    const ranMs = performance.now() - since;
    child.kill('SIGSTOP');
    if (error !== undefined) throw new Error(error);
    return { ...first, ranMs };
  };

  return {
    invoke<T>(event: unknown) {
      const running = before.then(() => run<T>(event));
      before = running.catch(() => undefined);
      return running;
    },
    said: () => said,
    stop,
  };
};

/** The first message that is one of those. */
const heard = (child: ChildProcess, isIt: (message: Message) => boolean, withinMs: number) =>
  new Promise<Message>((resolve, reject) => {
    const done = (): void => {
      clearTimeout(late);
      child.off('message', hear);
      child.off('exit', gone);
    };
    const hear = (message: Message): void => {
      if (!isIt(message)) return;
      done();
      resolve(message);
    };
    const gone = (code: number | null): void => {
      done();
      reject(new Error(`the container ended with ${code}`));
    };
    const late = setTimeout(() => {
      done();
      reject(new Error(`nothing within ${withinMs} ms`));
    }, withinMs);
    child.on('message', hear);
    child.once('exit', gone);
  });
