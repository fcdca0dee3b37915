import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSecrets } from '../../adapters/embedded/file-secrets';
import { keptInSecrets } from './kept-in-secrets';

describe('keys kept in secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const secrets = fileSecrets(folder);
  const kept = keptInSecrets(secrets);
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
});
