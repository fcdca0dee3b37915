import { everythingIn, openAccess } from './access-fixture';

const wine = { name: 'wine', auth: true };
const beer = { name: 'beer', auth: true };
const bearing = (key: string) => ({ authorization: `Bearer ${key}` });
const all = { limit: 100 };

type Opened = Awaited<ReturnType<typeof openAccess>>;
const opens = async ({ authenticate }: Pick<Opened, 'authenticate'>, key: string) => {
  try {
    return (await authenticate(bearing(key), wine, 'predict')).keyId;
  } catch (error) {
    return (error as { kind?: string }).kind;
  }
};

describe('keys of a service', () => {
  it('shows a key once, keeps a digest of it, and lets it in', async () => {
    const access = await openAccess();
    const throttle = { rate: 5, burst: 10, quota: null };
    const made = await access.newKey({ throttle, scopes: ['predict', 'labels'] });
    expect(made).toMatchObject({
      service: 'wine',
      name: 'shop',
      scopes: ['predict', 'labels'],
      status: 'active',
      throttle,
      expires_at: null,
      last_used_at: null,
      created_by: 'ann',
      created_at: '2026-01-14T12:00:00.000Z',
      revision: 1,
    });
    expect(made.key).toMatch(/^tgk-[A-Za-z0-9]{40}$/);
    const { key, ...view } = made;
    await expect(access.listKeys('wine', all)).resolves.toEqual({
      items: [view],
      next_cursor: null,
    });
    await expect(access.authenticate(bearing(key), wine, 'predict')).resolves.toEqual({
      requester: made.id,
      keyId: made.id,
      throttle,
    });
    const remembered = await everythingIn(access.records, ['keys#wine', 'key-names#wine']);
    expect(remembered).not.toContain(key);
    expect(remembered).not.toContain(key.slice(4, 20));
  });

  it('is told of services that are not there', async () => {
    const access = await openAccess();
    const nowhere = { kind: 'service-not-found' };
    const id = { service: 'gin', id: 'x' };
    await expect(access.newKey({ service: 'gin' })).rejects.toMatchObject(nowhere);
    await expect(access.listKeys('gin', all)).rejects.toMatchObject(nowhere);
    await expect(access.ensureKey('gin', 'quickstart')).rejects.toMatchObject(nowhere);
    await expect(access.rotateKey({ ...id, grace_s: 0 })).rejects.toMatchObject(nowhere);
    await expect(access.revokeKey(id)).rejects.toMatchObject(nowhere);
  });

  it('gives a name to one active key per service, and again once that is revoked', async () => {
    const access = await openAccess();
    const first = await access.newKey();
    await expect(access.newKey()).rejects.toMatchObject({ kind: 'already-exists' });
    await expect(access.newKey({ service: 'beer' })).resolves.toMatchObject({ service: 'beer' });
    await access.revokeKey({ service: 'wine', id: first.id });
    const second = await access.newKey();
    expect(second.id).not.toBe(first.id);
    expect(await opens(access, second.key)).toBe(second.id);
  });

  it('gives a name to one of many that ask for it at once', async () => {
    const access = await openAccess();
    const made = await Promise.allSettled(Array.from({ length: 8 }, () => access.newKey()));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(
      made.filter((one) => one.status === 'rejected').map(({ reason }) => reason.kind),
    ).toEqual(Array.from({ length: 7 }, () => 'already-exists'));
    expect((await access.listKeys('wine', all)).items).toHaveLength(1);
  });

  it('lets a key in until it expires, also one that is known', async () => {
    const access = await openAccess();
    const { key, id } = await access.newKey({ expires_at: '2026-01-14T14:00:01+02:00' });
    expect(await opens(access, key)).toBe(id);
    access.clock.ms += 999;
    expect(await opens(access, key)).toBe(id);
    access.clock.ms += 1;
    expect(await opens(access, key)).toBe('forbidden');
    await expect(access.rotateKey({ service: 'wine', id, grace_s: 0 })).rejects.toMatchObject({
      kind: 'bad-request',
    });
    await expect(
      access.newKey({ name: 'late', expires_at: '2026-01-14T12:00:01.000Z' }),
    ).rejects.toMatchObject({ kind: 'bad-request' });
  });

  it('ends a revoked key at once, also one that is known, and says so again', async () => {
    const access = await openAccess();
    const made = await access.newKey();
    expect(await opens(access, made.key)).toBe(made.id);
    const revoked = await access.revokeKey({ service: 'wine', id: made.id });
    expect(revoked).toMatchObject({ status: 'revoked', revision: 2 });
    expect(await opens(access, made.key)).toBe('forbidden');
    await expect(access.revokeKey({ service: 'wine', id: made.id })).resolves.toEqual(revoked);
    await expect(
      access.rotateKey({ service: 'wine', id: made.id, grace_s: 0 }),
    ).rejects.toMatchObject({ kind: 'not-found' });
    expect((await access.listKeys('wine', all)).items).toEqual([revoked]);
  });

  it('forgets the kept text of a revoked key also after a crash, when it is revoked again', async () => {
    const access = await openAccess();
    await access.ensureKey('wine', 'quickstart');
    const [made] = (await access.listKeys('wine', all)).items;
    const revoke = () => access.revokeKey({ service: 'wine', id: made?.id ?? '' });
    const { changeKey } = access.kept;
    access.kept.changeKey = () => Promise.reject(new Error('killed'));
    await expect(revoke()).rejects.toThrow('killed');
    access.kept.changeKey = changeKey;
    await revoke();
    expect(access.kept.keys.size).toBe(0);
  });

  it('sees a revocation by another process within seconds', async () => {
    const access = await openAccess();
    const made = await access.newKey();
    expect(await opens(access, made.key)).toBe(made.id);
    await access.another().revokeKey({ service: 'wine', id: made.id });
    access.clock.ms += 5_000;
    expect(await opens(access, made.key)).toBe('forbidden');
  });

  it('rotates a key under its id: the old text opens for its grace and no longer', async () => {
    const access = await openAccess();
    const first = await access.newKey();
    const second = await access.rotateKey({ service: 'wine', id: first.id, grace_s: 60 });
    expect(second).toMatchObject({ id: first.id, name: 'shop', status: 'active', revision: 2 });
    expect(await opens(access, first.key)).toBe(first.id);
    expect(await opens(access, second.key)).toBe(first.id);
    access.clock.ms += 59_999;
    expect(await opens(access, first.key)).toBe(first.id);
    access.clock.ms += 1;
    expect(await opens(access, first.key)).toBe('forbidden');
    expect(await opens(access, second.key)).toBe(first.id);
    const third = await access.rotateKey({ service: 'wine', id: first.id, grace_s: 0 });
    expect(await opens(access, second.key)).toBe('forbidden');
    expect(await opens(access, third.key)).toBe(first.id);
  });

  it('gives no grace beyond the end of the key itself', async () => {
    const access = await openAccess();
    const { key, id } = await access.newKey({ expires_at: '2026-01-14T12:00:01.000Z' });
    await access.rotateKey({ service: 'wine', id, grace_s: 60 });
    access.clock.ms += 999;
    expect(await opens(access, key)).toBe(id);
    access.clock.ms += 1;
    expect(await opens(access, key)).toBe('forbidden');
  });

  it('gives grace to the last text only', async () => {
    const access = await openAccess();
    const first = await access.newKey();
    const rotate = () => access.rotateKey({ service: 'wine', id: first.id, grace_s: 60 });
    const second = await rotate();
    const third = await rotate();
    expect(await opens(access, first.key)).toBe('forbidden');
    expect(await opens(access, second.key)).toBe(first.id);
    expect(await opens(access, third.key)).toBe(first.id);
    await access.revokeKey({ service: 'wine', id: first.id });
    expect(await opens(access, second.key)).toBe('forbidden');
    expect(await opens(access, third.key)).toBe('forbidden');
  });

  it('leaves one text that opens when a key is rotated many times at once', async () => {
    const access = await openAccess();
    const first = await access.newKey();
    const rotate = () => access.rotateKey({ service: 'wine', id: first.id, grace_s: 0 });
    const rotated = await Promise.all(Array.from({ length: 5 }, rotate));
    const open = await Promise.all(rotated.map(({ key }) => opens(access, key)));
    expect(open.filter((answer) => answer === first.id)).toHaveLength(1);
    expect(await opens(access, first.key)).toBe('forbidden');
  });

  it('holds a write to the revision its caller looked at', async () => {
    const access = await openAccess();
    const { id } = await access.newKey();
    const stale = { service: 'wine', id, revision: 7 };
    const conflict = { kind: 'revision-conflict' };
    await expect(access.rotateKey({ ...stale, grace_s: 0 })).rejects.toMatchObject(conflict);
    await expect(access.revokeKey(stale)).rejects.toMatchObject(conflict);
    await expect(access.revokeKey({ ...stale, revision: 1 })).resolves.toMatchObject({ id });
  });

  it('finds a key only under its own service', async () => {
    const access = await openAccess();
    const { id } = await access.newKey();
    for (const wrong of [
      { service: 'beer', id },
      { service: 'wine', id: 'x' },
    ]) {
      await expect(access.revokeKey(wrong)).rejects.toMatchObject({ kind: 'not-found' });
      await expect(access.rotateKey({ ...wrong, grace_s: 0 })).rejects.toMatchObject({
        kind: 'not-found',
      });
    }
  });

  it('lists page by page, each key with when it was last used', async () => {
    const access = await openAccess();
    const made = [];
    for (const name of ['k0', 'k1', 'k2', 'k3', 'k4']) made.push(await access.newKey({ name }));
    for (const { key } of [made[1], made[4]].flatMap((one) => one ?? [])) await opens(access, key);
    await access.flushKeyUses();
    const used: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await access.listKeys('wine', { limit: 2, cursor });
      used.push(...page.items.map(({ name, last_used_at }) => [name, last_used_at]));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    const noon = '2026-01-14T12:00:00.000Z';
    expect(used).toEqual([
      ['k0', null],
      ['k1', noon],
      ['k2', null],
      ['k3', null],
      ['k4', noon],
    ]);
  });

  it('writes uses only when they are flushed, moves no revision, and never goes back', async () => {
    const access = await openAccess();
    const { key, id } = await access.newKey();
    await opens(access, key);
    const shown = async () => (await access.listKeys('wine', all)).items[0];
    await expect(shown()).resolves.toMatchObject({ last_used_at: null });
    await access.flushKeyUses();
    await expect(shown()).resolves.toMatchObject({
      last_used_at: '2026-01-14T12:00:00.000Z',
      revision: 1,
    });
    access.clock.ms -= 3_600_000;
    await opens(access, key);
    await access.flushKeyUses();
    await expect(shown()).resolves.toMatchObject({ last_used_at: '2026-01-14T12:00:00.000Z' });
    await expect(access.revokeKey({ service: 'wine', id })).resolves.toMatchObject({
      last_used_at: '2026-01-14T12:00:00.000Z',
    });
  });

  it('loses no use when a flush fails', async () => {
    const disk: { broken: boolean } = { broken: false };
    const access = await openAccess((records) => ({
      ...records,
      transact: (changes) =>
        disk.broken ? Promise.reject(new Error('disk full')) : records.transact(changes),
    }));
    const { key } = await access.newKey();
    await opens(access, key);
    disk.broken = true;
    await expect(access.flushKeyUses()).rejects.toThrow('disk full');
    disk.broken = false;
    await access.flushKeyUses();
    expect((await access.listKeys('wine', all)).items[0]?.last_used_at).not.toBeNull();
  });

  it('keeps no use of a key whose service is deleted while it is written', async () => {
    let removeFirst = async () => {};
    const access = await openAccess((records) => ({
      ...records,
      transact: async (changes) => {
        const hook = removeFirst;
        removeFirst = async () => {};
        await hook();
        return records.transact(changes);
      },
    }));
    const { key } = await access.newKey();
    await opens(access, key);
    removeFirst = () => access.removeKeysOf('wine');
    await access.flushKeyUses();
    const kept = await access.records.list({ partition: 'key-uses#wine', limit: 9 });
    expect(kept.records).toEqual([]);
  });

  it('ends all keys of a service that is deleted; one made anew has none of them', async () => {
    const access = await openAccess();
    const made = [];
    for (let i = 0; i < 60; i++) made.push(await access.newKey({ name: `k${i}` }));
    const other = await access.newKey({ service: 'beer' });
    await access.rotateKey({ service: 'wine', id: made[0]?.id ?? '', grace_s: 60 });
    for (const { key } of made) await opens(access, key);
    await access.flushKeyUses();
    await access.ensureKey('wine', 'quickstart');
    await access.removeKeysOf('wine');
    await access.removeKeysOf('wine');
    for (const { key } of made) expect(await opens(access, key)).toBe('forbidden');
    await expect(access.listKeys('wine', all)).resolves.toEqual({ items: [], next_cursor: null });
    expect(access.kept.keys.size).toBe(0);
    await expect(access.newKey({ name: 'k0' })).resolves.toMatchObject({ name: 'k0' });
    await expect(access.authenticate(bearing(other.key), beer, 'predict')).resolves.toMatchObject({
      keyId: other.id,
    });
  });

  it('makes no key for a service that is deleted in the same moment', async () => {
    let deleteFirst = async () => {};
    const access = await openAccess((records) => ({
      ...records,
      transact: async (changes) => {
        const hook = deleteFirst;
        deleteFirst = async () => {};
        await hook();
        return records.transact(changes);
      },
    }));
    deleteFirst = () => access.deleteService('wine');
    await expect(access.newKey()).rejects.toMatchObject({ kind: 'service-not-found' });
    await expect(access.records.list({ partition: 'keys#wine', limit: 9 })).resolves.toEqual({
      records: [],
    });
  });
});

describe('keys that a manifest names', () => {
  it('makes one once and keeps its text', async () => {
    const access = await openAccess();
    const key = await access.ensureKey('wine', 'quickstart');
    expect(key).toMatch(/^tgk-/);
    expect(access.kept.keys.get('wine/quickstart')).toBe(key);
    const [made] = (await access.listKeys('wine', all)).items;
    expect(made).toMatchObject({ scopes: ['predict', 'labels'], created_by: 'manifest' });
    expect(await opens(access, key ?? '')).toBe(made?.id);
    await expect(access.ensureKey('wine', 'quickstart')).resolves.toBeNull();
    await expect(access.ensureKey('wine', 'other')).resolves.toMatch(/^tgk-/);
  });

  it('does not bring back one that operators revoked', async () => {
    const access = await openAccess();
    await access.ensureKey('wine', 'quickstart');
    const [made] = (await access.listKeys('wine', all)).items;
    await access.revokeKey({ service: 'wine', id: made?.id ?? '' });
    await expect(access.ensureKey('wine', 'quickstart')).resolves.toBeNull();
    expect(access.kept.keys.size).toBe(0);
  });

  it('takes a key of that name which operators made for its own', async () => {
    const access = await openAccess();
    await access.newKey({ name: 'quickstart' });
    await expect(access.ensureKey('wine', 'quickstart')).resolves.toBeNull();
  });

  it('keeps the new text when one is rotated, and no text of others', async () => {
    const access = await openAccess();
    await access.ensureKey('wine', 'quickstart');
    const shop = await access.newKey();
    await access.rotateKey({ service: 'wine', id: shop.id, grace_s: 0 });
    const { items } = await access.listKeys('wine', all);
    const id = items.find(({ name }) => name === 'quickstart')?.id ?? '';
    const { key } = await access.rotateKey({ service: 'wine', id, grace_s: 0 });
    expect([...access.kept.keys]).toEqual([['wine/quickstart', key]]);
  });

  it('changes nothing when the new text cannot be kept', async () => {
    const access = await openAccess();
    const key = await access.ensureKey('wine', 'quickstart');
    const [made] = (await access.listKeys('wine', all)).items;
    access.kept.changeKey = () => Promise.reject(new Error('disk full'));
    await expect(
      access.rotateKey({ service: 'wine', id: made?.id ?? '', grace_s: 0 }),
    ).rejects.toThrow('disk full');
    expect(await opens(access, key ?? '')).toBe(made?.id);
  });

  it('makes one that opens after a crash between keeping its text and making it', async () => {
    const disk: { broken: boolean } = { broken: true };
    const access = await openAccess((records) => ({
      ...records,
      transact: (changes) =>
        disk.broken && changes.length > 1
          ? Promise.reject(new Error('killed'))
          : records.transact(changes),
    }));
    await expect(access.ensureKey('wine', 'quickstart')).rejects.toThrow('killed');
    disk.broken = false;
    const key = await access.ensureKey('wine', 'quickstart');
    expect(access.kept.keys.get('wine/quickstart')).toBe(key);
    expect(await opens(access, key ?? '')).toMatch(/^0/);
  });
});
