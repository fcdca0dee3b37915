import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCredentials } from './credentials';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-credentials-'));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (text: string) => {
  writeFileSync(join(folder, 'credentials.json'), text);
  return folder;
};

describe('the credentials file', () => {
  it('is read for its endpoint, token and keys', () => {
    const text = JSON.stringify({
      ...{ endpoint: 'http://127.0.0.1:9', operator_token: 'tgo-x' },
      keys: { wine: { quickstart: 'tgk-x' } },
    });
    expect(readCredentials(written(text))).toMatchObject({
      ...{ endpoint: 'http://127.0.0.1:9', operatorToken: 'tgo-x' },
      keys: { wine: { quickstart: 'tgk-x' } },
    });
  });

  it('may be missing', () => {
    expect(readCredentials(join(folder, 'no-such-folder'))).toBeNull();
  });

  it.each(['', 'tgo-x', '[]', 'null', '{"operator_token":'])(
    'is refused when it holds %j',
    (text) => {
      const read = () => readCredentials(written(text));
      expect(read).toThrow('is not as Tidegate wrote it');
      expect(read).not.toThrow(/tgo-x/);
    },
  );

  it.each([
    '{"endpoint":null,"operator_token":null,"keys":null}',
    '{"endpoint":7,"operator_token":"","keys":[]}',
    '{"keys":{"wine":7}}',
  ])('has nothing where %s has nothing of use', (text) => {
    const read = readCredentials(written(text));
    expect(read).toMatchObject({ endpoint: undefined, operatorToken: undefined });
    expect(Object.values(read?.keys ?? {}).flatMap(Object.keys)).toEqual([]);
  });
});
