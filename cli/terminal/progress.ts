import type { Terminal } from '../environment';
import { printable } from './printable';

/** A line that says how far it is. */
export interface Progress {
  update(text: string): void;
  /** Removes the line, until there is another update. */
  done(): void;
}

const QUIET: Progress = { update: () => {}, done: () => {} };
const SHOW_AFTER_MS = 1000;
const EVERY_MS = 250;

/** One line on a terminal's stderr that says how far it is, for what takes over a second. */
export const progressOn = (stderr: Terminal, now: () => Date): Progress => {
  if (!stderr.isTTY) return QUIET;
  const started = now().getTime();
  let text = '';
  let shown = false;
  let timer: NodeJS.Timeout | undefined;
  const show = () => {
    const ms = now().getTime() - started;
    if (ms < SHOW_AFTER_MS) return;
    const room = (stderr.columns ?? 80) - 1;
    const line = `${printable(text)} (${Math.floor(ms / 1000)} s)`;
    stderr.write(`\r\x1b[K${Array.from(line).slice(0, room).join('')}`);
    shown = true;
  };
  return {
    update(next) {
      text = next;
      // It goes on saying what it last said: some steps are one long wait.
      timer ??= setInterval(show, EVERY_MS).unref();
    },
    done() {
      clearInterval(timer);
      timer = undefined;
      if (shown) stderr.write('\r\x1b[K');
      shown = false;
    },
  };
};
