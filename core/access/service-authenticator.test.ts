import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { openAccess } from './access-fixture';
import type { Scope } from './access-types';
import type { CalledService, ServiceHeaders } from './service-authenticator';
import { newToken } from './tokens';

const wine = { name: 'wine', auth: true };
const beer = { name: 'beer', auth: true };
const open = { name: 'wine', auth: false };
const anonymous = { requester: 'anonymous', keyId: null, throttle: null };

type Opened = Awaited<ReturnType<typeof openAccess>>;
/** The caller's name, or the kind of the refusal, however it was thrown. */
const ask = async (
  access: Pick<Opened, 'authenticate'>,
  headers: ServiceHeaders,
  service: CalledService,
  scope: Scope = 'predict',
) => {
  try {
    return (await access.authenticate(headers, service, scope)).requester;
  } catch (error) {
    return (error as { kind?: string }).kind ?? error;
  }
};

/** Credentials of every sort over one store. */
const credentials = async () => {
  const access = await openAccess();
  await access.ensureFirstOperator(undefined);
  const operator = async (role: 'viewer' | 'editor' | 'admin', data = false) =>
    access.createOperator({ name: `${role}${data}`, role, data, created_by: 'admin' });
  const revoked = await access.newKey({ name: 'revoked' });
  await access.revokeKey({ service: 'wine', id: revoked.id });
  const brief = await access.newKey({ name: 'brief', expires_at: '2026-01-14T12:00:01Z' });
  const gone = await operator('admin', true);
  await access.deleteOperator({ id: gone.id });
  const { session } = await access.sessions.begin(access.issueSignInCode('admin'));
  access.clock.ms += 1000;
  return {
    access,
    session,
    of: {
      predict: await access.newKey({ name: 'p' }),
      labels: await access.newKey({ name: 'l', scopes: ['labels'] }),
      both: await access.newKey({ name: 'b', scopes: ['labels', 'predict'] }),
      beer: await access.newKey({ service: 'beer' }),
      editor: await operator('editor'),
      admin: await operator('admin'),
      viewer: await operator('viewer', true),
      revoked,
      brief,
      gone,
    },
  };
};
const textOf = (made: object): string =>
  'key' in made ? String(made.key) : 'token' in made ? String(made.token) : '';

describe('who may call a service', () => {
  it('answers each credential alike for all that is not its business', async () => {
    const { access, of } = await credentials();
    const asked = async (text: string, service: CalledService, scope: Scope = 'predict') =>
      ask(access, { authorization: text }, service, scope);
    const rows: Record<string, unknown> = {};
    for (const [name, made] of Object.entries(of)) {
      const text = textOf(made);
      rows[name] = [
        await asked(text, wine),
        await asked(text, wine, 'labels'),
        await asked(text, beer),
        await asked(text, open),
        await asked(text, null),
      ];
    }
    const no = 'forbidden';
    const nowhere = 'service-not-found';
    const { predict, labels, both, beer: other, editor, admin } = of;
    expect(rows).toEqual({
      predict: [predict.id, no, no, predict.id, no],
      labels: [no, labels.id, no, no, no],
      both: [both.id, both.id, no, both.id, no],
      beer: [no, no, other.id, no, no],
      editor: [...Array.from({ length: 4 }, () => `operator/${editor.id}`), nowhere],
      admin: [...Array.from({ length: 4 }, () => `operator/${admin.id}`), nowhere],
      viewer: [no, no, no, no, no],
      revoked: [no, no, no, no, no],
      brief: [no, no, no, no, no],
      gone: [no, no, no, no, no],
    });
  });

  it('says the very same to everybody it refuses', async () => {
    const { access, of } = await credentials();
    const refusals = [];
    for (const text of [...Object.values(of).map(textOf), 'junk', `tgk-${'x'.repeat(40)}`]) {
      for (const service of [wine, beer, null]) {
        const refused = await Promise.resolve()
          .then(() => access.authenticate({ authorization: text }, service, 'predict'))
          .then(
            () => null,
            ({ kind, message }) => ({ kind, message }),
          );
        if (refused?.kind === 'forbidden') refusals.push(JSON.stringify(refused));
      }
    }
    expect(new Set(refusals).size).toBe(1);
  });

  it('asks for a credential where one is needed, also for a service that does not exist', async () => {
    const access = await openAccess();
    const blank: ServiceHeaders[] = [{}, { authorization: '' }, { authorization: 'Bearer  ' }];
    for (const headers of [...blank, { 'x-api-key': ' ' }, { cookie: 'tidegate_session=x' }]) {
      expect(await ask(access, headers, wine)).toBe('missing-credentials');
      expect(await ask(access, headers, null)).toBe('missing-credentials');
      expect(access.authenticate(headers, open, 'predict')).toEqual(anonymous);
    }
  });

  it('takes the same credential in three forms, alone or twice, and no two different ones', async () => {
    const access = await openAccess();
    const { key, id } = await access.newKey();
    const other = await access.newKey({ name: 'other' });
    const forms: ServiceHeaders[] = [
      { authorization: key },
      { authorization: `Bearer ${key}` },
      { authorization: `bearer  ${key} ` },
      { 'x-api-key': key },
      { authorization: `Bearer ${key}`, 'x-api-key': key },
    ];
    for (const headers of forms) expect(await ask(access, headers, wine)).toBe(id);
    const two = { authorization: `Bearer ${key}`, 'x-api-key': other.key };
    expect(await ask(access, two, wine)).toBe('missing-credentials');
    expect(await ask(access, two, open)).toBe('missing-credentials');
    expect(await ask(access, { authorization: `Basic ${key}` }, wine)).toBe('forbidden');
  });

  it('takes the session of a page of its own, and no cookie that a browser sent by itself', async () => {
    const { access, session } = await credentials();
    const cookie = `tidegate_session=${session}`;
    const own = { cookie, 'sec-fetch-site': 'same-origin' };
    expect(await ask(access, own, wine)).toBe('operator/admin');
    for (const site of [undefined, 'same-site', 'cross-site', 'none']) {
      const headers = { cookie, 'sec-fetch-site': site };
      expect(await ask(access, headers, wine)).toBe('missing-credentials');
      expect(await ask(access, headers, open)).toBe('anonymous');
    }
    await access.sessions.end(session);
    expect(await ask(access, own, wine)).toBe('forbidden');
  });

  it('never throws anything but a refusal, whatever the headers are', async () => {
    const access = await openAccess();
    await access.newKey();
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('t', 'g', 'k', '-', ' ', '\0', 'é', '😀', '\ud800', ';', '='),
      }),
      fc.string().map((end) => `Bearer ${end}`),
      fc.string().map((end) => `tidegate_session=${end}`),
      fc.constantFrom('x'.repeat(1_000_000), `tgk-${'x'.repeat(1_000_000)}`, ';'.repeat(1_000_000)),
    );
    const value = fc.oneof(
      text,
      fc.array(text),
      fc.constant(undefined),
      fc.constant(null),
      fc.nat(),
    );
    const headers = fc.record({ authorization: value, 'x-api-key': value, cookie: value });
    await fc.assert(
      fc.asyncProperty(headers, fc.constantFrom(wine, open, null), async (given, service) => {
        const hostile = { ...given, 'sec-fetch-site': 'same-origin' } as unknown as ServiceHeaders;
        expect(['forbidden', 'missing-credentials', 'anonymous']).toContain(
          await ask(access, hostile, service),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('lets no text in that is not the very key', async () => {
    const access = await openAccess();
    const { key, id } = await access.newKey();
    const near = [
      key.toLowerCase(),
      key.slice(0, -1),
      `${key}A`,
      key.replace('tgk-', 'tgo-'),
      key.replace('tgk-', ''),
      `${key}\0`,
      `"${key}"`,
      `Bearer ${key}`,
      [...key].reverse().join(''),
    ];
    for (const text of near) {
      expect(await ask(access, { 'x-api-key': text }, wine)).toBe('forbidden');
    }
    expect(await ask(access, { 'x-api-key': key }, wine)).toBe(id);
  });
});

describe('what is remembered of credentials', () => {
  const counting = async () => {
    const reads = { count: 0 };
    const access = await openAccess((records) => ({
      ...records,
      get: (key) => {
        reads.count += 1;
        return records.get(key);
      },
    }));
    return { access, reads };
  };

  it('answers a known key at once, without a read', async () => {
    const { access, reads } = await counting();
    const { key, id } = await access.newKey();
    const headers = { 'x-api-key': key };
    const first = access.authenticate(headers, wine, 'predict');
    expect(first).toBeInstanceOf(Promise);
    await first;
    reads.count = 0;
    for (let i = 0; i < 100; i++) {
      expect(access.authenticate(headers, wine, 'predict')).toMatchObject({ keyId: id });
    }
    expect(() => access.authenticate(headers, beer, 'predict')).toThrow('does not open');
    expect(reads.count).toBe(0);
    access.clock.ms += 5_000;
    await expect(access.authenticate(headers, wine, 'predict')).resolves.toMatchObject({});
  });

  it('reads once for many that come at once', async () => {
    const { access, reads } = await counting();
    const { key } = await access.newKey();
    reads.count = 0;
    await Promise.all(
      Array.from({ length: 50 }, () => access.authenticate({ 'x-api-key': key }, wine, 'predict')),
    );
    expect(reads.count).toBe(2);
  });

  it('remembers briefly that a key is unknown, and looks at nothing that cannot be one', async () => {
    const { access, reads } = await counting();
    const unknown = { 'x-api-key': `tgk-${'x'.repeat(40)}` };
    expect(await ask(access, unknown, wine)).toBe('forbidden');
    reads.count = 0;
    expect(await ask(access, unknown, wine)).toBe('forbidden');
    expect(await ask(access, { 'x-api-key': 'x'.repeat(44) }, wine)).toBe('forbidden');
    expect(await ask(access, { 'x-api-key': `tgk-${'x'.repeat(400)}` }, wine)).toBe('forbidden');
    expect(reads.count).toBe(0);
    access.clock.ms += 1_000;
    expect(await ask(access, unknown, wine)).toBe('forbidden');
    expect(reads.count).toBe(1);
  });

  it('drives no known key out by a flood of unknown ones', async () => {
    const { access, reads } = await counting();
    const { key, id } = await access.newKey();
    const make = newToken({ randomBytes: (count) => randomBytes(count) });
    expect(await ask(access, { 'x-api-key': key }, wine)).toBe(id);
    for (let i = 0; i < 12_000; i++) await ask(access, { 'x-api-key': make('tgk-') }, wine);
    reads.count = 0;
    expect(access.authenticate({ 'x-api-key': key }, wine, 'predict')).toMatchObject({ keyId: id });
    expect(reads.count).toBe(0);
  });

  it('does not remember what was read before a change and came after it', async () => {
    let release: (() => void) | undefined;
    const disk: { slow: boolean } = { slow: false };
    const access = await openAccess((records) => ({
      ...records,
      get: async (key) => {
        const found = await records.get(key);
        if (disk.slow && key.partition.startsWith('keys#')) {
          disk.slow = false;
          await new Promise<void>((go) => {
            release = go;
          });
        }
        return found;
      },
    }));
    const { key, id } = await access.newKey();
    disk.slow = true;
    const early = ask(access, { 'x-api-key': key }, wine);
    while (!release) await new Promise((go) => setImmediate(go));
    await access.revokeKey({ service: 'wine', id });
    const meanwhile = ask(access, { 'x-api-key': key }, wine);
    release();
    expect(await meanwhile).toBe('forbidden');
    await early;
    expect(await ask(access, { 'x-api-key': key }, wine)).toBe('forbidden');
  });

  it('does not trust what it remembers when the clock was set back', async () => {
    const { access, reads } = await counting();
    const { key } = await access.newKey();
    await ask(access, { 'x-api-key': key }, wine);
    access.clock.ms -= 3_600_000;
    reads.count = 0;
    await ask(access, { 'x-api-key': key }, wine);
    expect(reads.count).toBe(2);
  });

  it('passes a failing store on, and asks it again the next time', async () => {
    const disk: { broken: boolean } = { broken: false };
    const access = await openAccess((records) => ({
      ...records,
      get: (key) => (disk.broken ? Promise.reject(new Error('disk on fire')) : records.get(key)),
    }));
    const { key, id } = await access.newKey();
    disk.broken = true;
    await expect(access.authenticate({ 'x-api-key': key }, wine, 'predict')).rejects.toThrow(
      'fire',
    );
    disk.broken = false;
    expect(await ask(access, { 'x-api-key': key }, wine)).toBe(id);
  });
});
