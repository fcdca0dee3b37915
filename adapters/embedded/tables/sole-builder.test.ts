import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { becomeSoleBuilder } from './sole-builder';

describe('the sole builder', () => {
  it('is one at a time: the next waits until it is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-sole-'));
    const file = join(folder, 'tables.lock');
    const first = await becomeSoleBuilder(file);
    const order: string[] = [];
    const second = becomeSoleBuilder(file).then((lock) => {
      order.push('second');
      return lock;
    });
    await new Promise((resolve) => setTimeout(resolve, 120));
    order.push('released');
    first.release();
    (await second).release();
    expect(order).toEqual(['released', 'second']);
    rmSync(folder, { recursive: true });
  });
});
