import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pidsWithVariable, startOf } from './process-table';

interface Entry {
  readonly pid: number;
  readonly start: string | null;
}

interface Ledger {
  /** Above the folders of all processes; its name is random, and in each one's environment. */
  readonly root: string;
  readonly processes: readonly Entry[];
}

const PASSES = 5;

/**
 * Remembers child processes in a file, so that those that outlive a platform that was killed are
 * ended at its next start. One is ended only if it is provably ours: its process id and start time
 * are in the file, or its TMPDIR lies in the folder that the file names.
 */
export const openProcessLedger = (file: string) => {
  endLeftovers(file);
  const processes = new Map<number, Entry>();
  let root: string | null = null;

  const save = (): void => {
    if (root === null) return;
    const ledger: Ledger = { root, processes: [...processes.values()] };
    try {
      writeFileSync(`${file}.new`, JSON.stringify(ledger), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch {
      // A full disk must not end the platform: the list counts only once that is killed.
    }
  };

  const killAll = (): void => {
    for (const { pid } of processes.values()) killGroup(pid);
    if (root !== null) rmSync(root, { recursive: true, force: true });
  };
  process.once('exit', killAll);

  return {
    /** The folder for what processes own; made, and remembered, when the first one needs it. */
    root(): string {
      if (root !== null) return root;
      root = mkdtempSync(join(tmpdir(), 'tidegate-'));
      // Others may pass, not look: each process owns its folder in it.
      chmodSync(root, 0o711);
      save();
      return root;
    },
    add(pid: number): void {
      processes.set(pid, { pid, start: startOf(pid) });
      save();
    },
    remove(pid: number): void {
      processes.delete(pid);
      save();
    },
    /** Ends all processes and forgets them. */
    close(): void {
      process.removeListener('exit', killAll);
      killAll();
      rmSync(file, { force: true });
    },
  };
};

export type ProcessLedger = ReturnType<typeof openProcessLedger>;

/** Ends a process and those in its group; false when there are none. */
export const killGroup = (pid: number, signal: NodeJS.Signals = 'SIGKILL'): boolean => {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
};

/**
 * Ends every process whose TMPDIR starts so. One by one: the process that a group is named after may
 * have ended long before the group.
 */
export const endAllIn = (folder: string): void => {
  // Again and again, for what was forked while the list was read.
  for (let pass = 0; pass < PASSES; pass += 1) {
    const left = pidsWithVariable('TMPDIR', folder);
    if (left.length === 0) return;
    for (const pid of left) kill(pid);
  }
};

const endLeftovers = (file: string): void => {
  const ledger = read(file);
  if (!ledger) return;
  for (const { pid, start } of ledger.processes) {
    if (start !== null && startOf(pid) === start) killGroup(pid);
  }
  endAllIn(`${ledger.root}/`);
  rmSync(ledger.root, { recursive: true, force: true });
  rmSync(file, { force: true });
};

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
};

/** Null as well for a file that is no ledger: it proves nothing. */
const read = (file: string): Ledger | null => {
  if (!existsSync(file)) return null;
  try {
    const ledger = JSON.parse(readFileSync(file, 'utf8')) as Ledger;
    const isOurs = ledger.root.startsWith(join(tmpdir(), 'tidegate-'));
    return isOurs && Array.isArray(ledger.processes) ? ledger : null;
  } catch {
    return null;
  }
};
