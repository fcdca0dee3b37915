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

/** What a process was started with, words apart by a space; empty when it has ended. */
export const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};
