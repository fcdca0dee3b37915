import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretsContract } from '../contracts/secrets.contract';
import { fileSecrets } from './file-secrets';

describe('secrets in files', () => {
  const root = mkdtempSync(join(tmpdir(), 'secrets-'));
  let folders = 0;
  const nextFolder = () => join(root, `${folders++}`);
  afterAll(() => rmSync(root, { recursive: true }));

  secretsContract(async () => {
    const folder = nextFolder();
    return [fileSecrets(folder), fileSecrets(folder)];
  });

  it('can be read by its owner only', async () => {
    const folder = nextFolder();
    await fileSecrets(folder).put('a', 'x');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o600);
  });

  it('is not misled by what a crash in the middle of a write left behind', async () => {
    const folder = nextFolder();
    const secrets = fileSecrets(folder);
    await secrets.put('b', 'x');
    writeFileSync(join(folder, 'a.tmp'), 'ha', { mode: 0o644 });
    await expect(secrets.get('a')).resolves.toBeUndefined();
    await expect(secrets.ensure('a', () => 'whole')).resolves.toBe('whole');
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
  });
});
