import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentialsFile } from './credentials-file';

describe('the credentials file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
  const path = join(folder, 'credentials.json');
  beforeEach(() => rmSync(path, { force: true }));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has nothing until something is kept', async () => {
    await expect(credentialsFile(path).read()).resolves.toEqual({
      endpoint: null,
      operator_token: null,
      keys: {},
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps an endpoint, a token and keys, for its owner only', async () => {
    const file = credentialsFile(path);
    await Promise.all([
      file.keepEndpoint('http://127.0.0.1:8080'),
      file.keepOperatorToken('tgo-1'),
      file.keepKey('wine', 'quickstart', 'tgk-1'),
      file.keepKey('wine', 'other', 'tgk-2'),
      file.keepKey('beer', 'quickstart', 'tgk-3'),
    ]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      endpoint: 'http://127.0.0.1:8080',
      operator_token: 'tgo-1',
      keys: { wine: { quickstart: 'tgk-1', other: 'tgk-2' }, beer: { quickstart: 'tgk-3' } },
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['credentials.json']);
    await expect(credentialsFile(path).operatorToken()).resolves.toBe('tgo-1');
  });

  it('changes only keys that it keeps', async () => {
    const file = credentialsFile(path);
    await file.keepKey('wine', 'quickstart', 'tgk-1');
    await file.changeKey('wine', 'quickstart', 'tgk-2');
    await file.changeKey('wine', 'toString', 'tgk-x');
    await file.changeKey('beer', 'quickstart', 'tgk-x');
    await expect(file.read()).resolves.toMatchObject({ keys: { wine: { quickstart: 'tgk-2' } } });
    await file.changeKey('wine', 'quickstart', null);
    await expect(file.read()).resolves.toMatchObject({ keys: {} });
  });

  it('forgets the keys of one service', async () => {
    const file = credentialsFile(path);
    await file.keepKey('wine', 'quickstart', 'tgk-1');
    await file.keepKey('beer', 'quickstart', 'tgk-2');
    await file.forgetKeysOf('wine');
    await file.forgetKeysOf('cider');
    await expect(file.read()).resolves.toMatchObject({ keys: { beer: { quickstart: 'tgk-2' } } });
  });

  it.each(['', '{', '[]', 'null', '7', '{"keys": 7}'])(
    'says so when somebody made %j of it, and does not overwrite it',
    async (text) => {
      writeFileSync(path, text);
      await expect(credentialsFile(path).keepOperatorToken('tgo-1')).rejects.toThrow(
        /is not as Tidegate wrote it/,
      );
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  it('leaves out what is of another type', async () => {
    writeFileSync(path, '{"operator_token": 7, "keys": {"wine": {"a": 1, "b": "tgk-1"}, "x": []}}');
    await expect(credentialsFile(path).read()).resolves.toEqual({
      endpoint: null,
      operator_token: null,
      keys: { wine: { b: 'tgk-1' }, x: {} },
    });
  });
});
