import type { Chore } from './chore';
import type { Steps } from './steps';

/** Does a chore part by part to its end; answers how many objects it changed or took away. */
export function* chores(from: (after: number) => Chore): Steps<number> {
  let changed = 0;
  for (let after = 0; ; ) {
    const { rows, written } = yield { chore: from(after) };
    changed += written ?? 0;
    const next = rows[0]?.[0] ?? null;
    if (next === null) return changed;
    after = Number(next);
  }
}
