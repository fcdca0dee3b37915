import { spawn } from 'node:child_process';
import { logLines } from './line-log';
import { endAllIn, killGroup, type ProcessLedger } from './process-ledger';
import { usageOfTree } from './process-table';
import { type Log, reasonOf, type Usage, within } from './runner';

/** A process, with what it starts itself. */
export interface Child {
  /** Resolves with the reason once it has ended. */
  readonly exited: Promise<string>;
  usage(): Usage;
  /** Asks it to end, and ends it for good after `graceMs`. */
  end(graceMs: number): Promise<void>;
}

interface Needs {
  readonly command: readonly [file: string, ...args: string[]];
  readonly cwd: string;
  /** All of its environment; its TMPDIR is no other process's. */
  readonly environment: Readonly<Record<string, string>> & { readonly TMPDIR: string };
  readonly uid: number | null;
  readonly ledger: ProcessLedger;
  readonly log: Log;
  /** Clears up after it. */
  readonly ended: () => Promise<void>;
}

const REMEMBERED_LINES = 100;
const SAMPLE_MS = 500;

export const startChild = (needs: Needs): Child => {
  const {
    command: [file, ...args],
    cwd,
    environment,
    uid,
    ledger,
    log,
  } = needs;
  const exited = Promise.withResolvers<string>();
  const words: string[] = [];
  let swept = Promise.resolve();
  // The same failure shall read the same in the next sandbox.
  const shortened = (line: string): string => line.replaceAll(`${cwd}/`, '');
  const child = spawn(file, args, {
    cwd,
    env: environment,
    ...(uid !== null && { uid, gid: uid }),
    // A session of its own, so that all it starts can be ended with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid !== undefined) ledger.add(pid);

  logLines(child.stdout, log);
  logLines(child.stderr, (level, line) => {
    words.push(line);
    if (words.length > REMEMBERED_LINES) words.shift();
    log(level, line);
  });

  /** Ends what is left of it, wherever it went. */
  const sweep = async (): Promise<void> => {
    if (pid !== undefined) {
      killGroup(pid);
      ledger.remove(pid);
    }
    endAllIn(environment.TMPDIR);
    await needs
      .ended()
      .catch((error: unknown) => log('warning', `not cleared up: ${reasonOf(error)}`));
  };
  child.on('error', (error) => {
    swept = sweep();
    exited.resolve(`${file} could not be started: ${error.message}`);
  });
  // Not 'exit': its last words may still be in the pipe. But what it started may hold the pipe open.
  child.on('exit', (code, signal) => {
    swept = sweep();
    const closed = new Promise((resolve) => child.once('close', resolve));
    void within(closed, 500).then(() =>
      exited.resolve(exitReason(code, signal, words.map(shortened))),
    );
  });

  let last = { at: performance.now(), cpuSeconds: 0 };
  let percent: number | null = null;
  return {
    exited: exited.promise,

    usage() {
      const now = performance.now();
      const used = pid === undefined ? null : usageOfTree(pid);
      if (!used) return { cpu_percent: null, memory_bytes: null };
      if (now - last.at >= SAMPLE_MS) {
        const share = (used.cpuSeconds - last.cpuSeconds) / ((now - last.at) / 1000);
        percent = Math.max(Math.round(share * 1000) / 10, 0);
        last = { at: now, cpuSeconds: used.cpuSeconds };
      }
      return { cpu_percent: percent, memory_bytes: used.bytes };
    },

    async end(graceMs) {
      if (pid !== undefined) killGroup(pid, 'SIGTERM');
      await within(exited.promise, graceMs);
      if (pid !== undefined) killGroup(pid);
      await exited.promise;
      await swept;
    },
  };
};

const exitReason = (
  code: number | null,
  signal: NodeJS.Signals | null,
  words: readonly string[],
): string => {
  if (signal === 'SIGKILL') {
    return 'its process was killed (SIGKILL), as the system does when memory runs out';
  }
  const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
  const said = lastWords(words);
  return said ? `its process ${how}: ${said}` : `its process ${how}`;
};

/** The last error of a Python traceback, before those of programs that only ran the one that failed. */
const lastWords = (lines: readonly string[]): string | undefined => {
  const isWrapper = /returned non.zero (exit status|return code)/;
  const errors = lines.filter(
    (line) => /^[\w.]*(Error|Exception|Exit|Interrupt)\b/.test(line) && !isWrapper.test(line),
  );
  return errors.at(-1) ?? lines.findLast((line) => line.trim() !== '');
};
