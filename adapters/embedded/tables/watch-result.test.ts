import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchResult } from './watch-result';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-watch-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('watching a result that is written', () => {
  it('lets one be that is not there yet, or small, and ends one that is too large', async () => {
    const file = join(folder, 'result.csv');
    const { signal, stop } = watchResult(file, 10);
    await new Promise((resolve) => setTimeout(resolve, 150));
    writeFileSync(file, 'x'.repeat(10));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(signal.aborted).toBe(false);
    writeFileSync(file, 'x'.repeat(11));
    await once(signal, 'abort');
    stop();
    expect(signal.reason).toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining('larger than'),
    });
  });
});
