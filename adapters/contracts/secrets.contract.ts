import type { Secrets } from '../../core/access/secrets';

/** What every Secrets promises. `open` gives two doors to one empty store: before and after a start. */
export const secretsContract = (open: () => Promise<readonly [Secrets, Secrets]>): void => {
  it('has nothing where nothing was put', async () => {
    const [secrets] = await open();
    await expect(secrets.get('capture-hash-key')).resolves.toBeUndefined();
    await expect(secrets.remove('capture-hash-key')).resolves.toBeUndefined();
  });

  it('makes a secret once, also when it is asked for at once, and keeps it', async () => {
    const [secrets, later] = await open();
    let made = 0;
    const make = () => `secret ${++made}`;
    const asked = Array.from({ length: 8 }, () => secrets.ensure('capture-hash-key', make));
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['secret 1']));
    await expect(later.ensure('capture-hash-key', make)).resolves.toBe('secret 1');
    expect(made).toBe(1);
  });

  it('gives back any text as it was put, by name', async () => {
    const [secrets, later] = await open();
    const text = ' né\n"☃"\0\r\n';
    await secrets.put('a', text);
    await secrets.put('b', 'x'.repeat(40_000));
    await expect(later.get('a')).resolves.toBe(text);
    await expect(later.get('b')).resolves.toHaveLength(40_000);
  });

  it('replaces and removes', async () => {
    const [secrets, later] = await open();
    await secrets.put('a', 'old');
    await secrets.put('a', 'new');
    await expect(later.get('a')).resolves.toBe('new');
    await secrets.remove('a');
    await expect(later.get('a')).resolves.toBeUndefined();
    await expect(later.ensure('a', () => 'anew')).resolves.toBe('anew');
  });

  it('makes no secret when making one fails, and tries again when asked again', async () => {
    const [secrets] = await open();
    const fail = () => {
      throw new Error('no entropy');
    };
    await expect(secrets.ensure('a', fail)).rejects.toThrow('no entropy');
    await expect(secrets.ensure('a', () => 'made')).resolves.toBe('made');
  });

  it.each(['', '.', '..', '../a', 'a/b', 'a\\b', 'A', 'a\0', 'a '.repeat(99), '__proto__'])(
    'refuses %j as a name',
    async (name) => {
      const [secrets] = await open();
      await expect(secrets.put(name, 'x')).rejects.toThrow(RangeError);
      await expect(secrets.get(name)).rejects.toThrow(RangeError);
    },
  );
};
