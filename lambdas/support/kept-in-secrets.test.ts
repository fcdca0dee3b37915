import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileSecrets } from '../../adapters/embedded/file-secrets';
import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { keptInSecrets } from './kept-in-secrets';
import { oneHolder } from './one-holder';

describe('keys kept in secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const secrets = fileSecrets(folder);
  const now = () => new Date();
  const store = sqliteRecordStore(':memory:', { now });
  const alone = oneHolder({ store, now, pause: () => sleep(20) });
  const kept = keptInSecrets({ secrets, alone });
  const all = async () => JSON.parse((await secrets.get('keys')) ?? 'null');

  it('stand by service and name, and follow what becomes of them', async () => {
    await kept.keepKey('wine', 'quickstart', 'tgk-1');
    await kept.keepKey('wine', 'nightly', 'tgk-2');
    await kept.keepKey('iris', 'quickstart', 'tgk-3');
    await kept.changeKey('wine', 'quickstart', 'tgk-4');
    await kept.changeKey('wine', 'unheard-of', 'tgk-5');
    await kept.changeKey('wine', 'nightly', null);
    expect(await all()).toEqual({ wine: { quickstart: 'tgk-4' }, iris: { quickstart: 'tgk-3' } });
    await kept.forgetKeysOf('wine');
    expect(await all()).toEqual({ iris: { quickstart: 'tgk-3' } });
  });

  it('hold no token of an operator', async () => {
    await kept.keepOperatorToken('tgo-1');
    expect(await kept.operatorToken()).toBeNull();
    expect(JSON.stringify(await all())).not.toContain('tgo-');
  });

  it('lose none that several functions change at once', async () => {
    // As far away as Secrets Manager: each has read before the other has written.
    const slow = {
      get: (name: string) => secrets.get(name).finally(() => sleep(5)),
      put: (name: string, text: string) => sleep(5).then(() => secrets.put(name, text)),
    };
    const function_ = () => keptInSecrets({ secrets: slow, alone });
    await kept.keepKey('wine', 'quickstart', 'tgk-1');
    await kept.keepKey('old', 'quickstart', 'tgk-0');
    await Promise.all([
      function_().changeKey('wine', 'quickstart', 'tgk-2'),
      function_().keepKey('beer', 'quickstart', 'tgk-3'),
      function_().keepKey('wine', 'nightly', 'tgk-4'),
      function_().forgetKeysOf('old'),
    ]);
    expect(await all()).toMatchObject({
      wine: { quickstart: 'tgk-2', nightly: 'tgk-4' },
      beer: { quickstart: 'tgk-3' },
    });
    expect(await all()).not.toHaveProperty('old');
  });

  it('are not changed while another function is at it all the time, which says so', async () => {
    const before = await all();
    const busy = keptInSecrets({ secrets, alone: async () => undefined });
    await expect(busy.keepKey('wine', 'quickstart', 'tgk-9')).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await busy.changeKey('wine', 'of nobody', 'tgk-9');
    expect(await all()).toEqual(before);
  });
});
