import { readdirSync, readFileSync } from 'node:fs';

/** Of a live process, from Linux's /proc; every reading is null where there is none. */
const read = (pid: number | string, file: string): string | null => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return null;
  }
};

/** Ticks from the boot to the start of a process: with the process id they name one process. */
export const startOf = (pid: number): string | null => statOf(pid)?.[19] ?? null;

/** What follows the name in /proc/<pid>/stat: [0] is the state, field 3 of proc(5). */
const statOf = (pid: number | string): readonly string[] | null => {
  const stat = read(pid, 'stat');
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

const list = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Processes that have, or whose forebears gave them, a variable that starts with this value. */
export const pidsWithVariable = (name: string, start: string): readonly number[] =>
  list('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const environment = read(pid, 'environ');
      return environment?.split('\0').some((entry) => entry.startsWith(`${name}=${start}`));
    });

/** Ticks per second of /proc's times: 100 wherever Linux runs, whatever its own HZ is. */
const TICKS = 100;

/** A process and those it started, as far as they live. */
const treeOf = (pid: number): readonly number[] => {
  const children = list(`/proc/${pid}/task`).flatMap((task) =>
    (read(pid, `task/${task}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(treeOf)];
};

/** CPU seconds and resident bytes of a process and those it started; null where it cannot be told. */
export const usageOfTree = (
  root: number,
): { readonly cpuSeconds: number; readonly bytes: number } | null => {
  if (!statOf(root)) return null;
  let cpuSeconds = 0;
  let bytes = 0;
  for (const pid of treeOf(root)) {
    // Their own time, and that of children they have waited for.
    const times = [11, 12, 13, 14].map((at) => Number(statOf(pid)?.[at] ?? 0));
    cpuSeconds += times.reduce((sum, ticks) => sum + ticks, 0) / TICKS;
    bytes += 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(read(pid, 'status') ?? '')?.[1] ?? 0);
  }
  return { cpuSeconds, bytes };
};
