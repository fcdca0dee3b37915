import { readdirSync, readFileSync } from 'node:fs';

/** Process ids of what a process started itself. */
export const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent);

const parentOf = (pid: number): number | null => {
  try {
    // The name before it is in parentheses and may hold anything.
    const [, parent] =
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return Number(parent);
  } catch {
    // It has ended meanwhile.
    return null;
  }
};
