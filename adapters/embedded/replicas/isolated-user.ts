import { spawnSync } from 'node:child_process';

/** systemd's range for users that exist only while a service runs. */
const FIRST = 61_184;
const COUNT = 4_000;

/**
 * A user of its own for each child process, who may read nothing of the platform's and nothing of
 * another child's. Only root can start a process as somebody else: otherwise, and in containers that
 * know no such users, it is always null.
 */
export const isolatedUsers = (): (() => number | null) => {
  let taken = Math.floor(Math.random() * COUNT);
  let works: boolean | null = null;
  return () => {
    if (process.getuid?.() !== 0) return null;
    const uid = FIRST + (taken % COUNT);
    works ??= spawnSync('/bin/true', { uid, gid: uid }).status === 0;
    if (!works) return null;
    taken += 1;
    return uid;
  };
};
