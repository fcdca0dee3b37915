import type { Paint } from '../session';

/** A status in its colour: green runs, red needs somebody, yellow is on its way. */
export const statusPaint =
  (paint: Paint) =>
  (text: string): string => {
    if (text === 'running' || text === 'ok' || text === 'active') return paint.green(text);
    if (text === 'failed' || text === 'error' || text === 'revoked') return paint.red(text);
    if (text === 'stopped' || text === 'draft' || text === 'info') return paint.dim(text);
    return paint.yellow(text);
  };
