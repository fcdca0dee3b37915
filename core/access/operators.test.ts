import { everythingIn, openAccess } from './access-fixture';

type Opened = Awaited<ReturnType<typeof openAccess>>;
const all = { limit: 100 };
const forbidden = { kind: 'forbidden' };
const viewer = { name: 'vic', role: 'viewer', data: false, created_by: 'admin' } as const;
const admin = { ...viewer, name: 'ada', role: 'admin' } as const;
const signIn = ({ authenticateOperator }: Pick<Opened, 'authenticateOperator'>, token: string) =>
  authenticateOperator({ authorization: `Bearer ${token}` });

describe('operators', () => {
  it('shows a token once, keeps a digest of it, and knows who it is', async () => {
    const access = await openAccess();
    const made = await access.createOperator(viewer);
    expect(made.token).toMatch(/^tgo-[A-Za-z0-9]{40}$/);
    const { token, ...view } = made;
    await expect(access.listOperators(all)).resolves.toEqual({ items: [view], next_cursor: null });
    expect(view).toEqual({
      ...viewer,
      id: expect.any(String),
      created_at: '2026-01-14T12:00:00.000Z',
      updated_at: '2026-01-14T12:00:00.000Z',
      revision: 1,
    });
    await expect(signIn(access, token)).resolves.toEqual({
      operator: { id: made.id, name: 'vic', role: 'viewer', data: false },
      by: 'token',
    });
    const remembered = await everythingIn(access.records, ['operators', 'operator-names']);
    expect(remembered).not.toContain(token.slice(4, 20));
  });

  it('gives a name to one of many that ask for it at once, and the first name to nobody', async () => {
    const access = await openAccess();
    const made = await Promise.allSettled([1, 2, 3, 4].map(() => access.createOperator(viewer)));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(access.createOperator({ ...viewer, name: 'admin' })).rejects.toMatchObject({
      kind: 'already-exists',
    });
  });

  it('ends the old token when it gives a new one', async () => {
    const access = await openAccess();
    const first = await access.createOperator(viewer);
    await signIn(access, first.token);
    const second = await access.rotateOperator({ id: first.id });
    expect(second).toMatchObject({ id: first.id, role: 'viewer', revision: 2 });
    await expect(signIn(access, first.token)).rejects.toMatchObject(forbidden);
    await expect(signIn(access, second.token)).resolves.toMatchObject({ by: 'token' });
  });

  it('ends the token of one who is removed, and frees the name', async () => {
    const access = await openAccess();
    await access.createOperator(admin);
    const { id, token } = await access.createOperator(viewer);
    await access.deleteOperator({ id });
    await expect(signIn(access, token)).rejects.toMatchObject(forbidden);
    await expect(access.deleteOperator({ id })).rejects.toMatchObject({ kind: 'not-found' });
    await expect(access.rotateOperator({ id })).rejects.toMatchObject({ kind: 'not-found' });
    const again = await access.createOperator(viewer);
    expect(again.id).not.toBe(id);
    await expect(signIn(access, token)).rejects.toMatchObject(forbidden);
  });

  it('does not remove the last admin', async () => {
    const access = await openAccess();
    const ada = await access.createOperator(admin);
    await access.createOperator(viewer);
    await expect(access.deleteOperator({ id: ada.id })).rejects.toMatchObject({ kind: 'in-use' });
    const eve = await access.createOperator({ ...admin, name: 'eve' });
    await access.deleteOperator({ id: ada.id });
    await expect(access.deleteOperator({ id: eve.id })).rejects.toMatchObject({ kind: 'in-use' });
  });

  it('keeps one admin of all that are removed at once', async () => {
    const access = await openAccess();
    const ids = [];
    for (let i = 0; i < 5; i++) {
      ids.push((await access.createOperator({ ...admin, name: `ada${i}` })).id);
    }
    const gone = await Promise.allSettled(ids.map((id) => access.deleteOperator({ id })));
    expect(gone.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect((await access.listOperators(all)).items).toHaveLength(1);
  });

  it('holds a write to the revision its caller looked at', async () => {
    const access = await openAccess();
    const { id } = await access.createOperator(admin);
    const conflict = { kind: 'revision-conflict' };
    await expect(access.rotateOperator({ id, revision: 2 })).rejects.toMatchObject(conflict);
    await expect(access.deleteOperator({ id, revision: 2 })).rejects.toMatchObject(conflict);
  });
});

describe('the first operator', () => {
  const first = { id: 'admin', name: 'admin', role: 'admin', data: true };

  it('is made on the first start, its token kept, and stays over starts', async () => {
    const access = await openAccess();
    await expect(access.ensureFirstOperator(undefined)).resolves.toEqual(first);
    const { token } = access.kept;
    expect(token).toMatch(/^tgo-[A-Za-z0-9]{40}$/);
    await expect(access.ensureFirstOperator(undefined)).resolves.toEqual(first);
    expect(access.kept.token).toBe(token);
    await expect(signIn(access, token ?? '')).resolves.toEqual({ operator: first, by: 'token' });
  });

  it('takes the token that is set from outside, on the first start or later', async () => {
    const access = await openAccess();
    const [one, two] = ['tgo-abcdefghijklmnop', 'tgo-ABCDEFGHIJKLMNOP'];
    await access.ensureFirstOperator(one);
    await expect(signIn(access, one)).resolves.toMatchObject({ operator: first });
    await access.ensureFirstOperator(two);
    expect(access.kept.token).toBe(two);
    await expect(signIn(access, one)).rejects.toMatchObject(forbidden);
    await access.ensureFirstOperator('');
    await expect(signIn(access, two)).resolves.toMatchObject({ operator: first });
  });

  it.each(['secret', 'tgo-short', 'tgk-abcdefghijklmnop', 'tgo-with space 1234567', 'tgo-é'])(
    'refuses %j as a token and does not repeat it',
    async (token) => {
      const access = await openAccess();
      const refused = access.ensureFirstOperator(token);
      await expect(refused).rejects.toMatchObject({ kind: 'bad-request' });
      await expect(refused).rejects.not.toThrow(token);
    },
  );

  it('has the new token kept when it is rotated, so that the next start changes nothing', async () => {
    const access = await openAccess();
    await access.ensureFirstOperator(undefined);
    const { token } = await access.rotateOperator({ id: 'admin' });
    expect(access.kept.token).toBe(token);
    await access.ensureFirstOperator(undefined);
    await expect(signIn(access, token)).resolves.toMatchObject({ operator: first });
  });

  it('gets a new token when the kept one is gone or opens nothing; the old one stays shut', async () => {
    const access = await openAccess();
    await access.ensureFirstOperator(undefined);
    const old = access.kept.token ?? '';
    const { token: rotated } = await access.rotateOperator({ id: 'admin' });
    for (const lost of [null, old]) {
      access.kept.token = lost;
      await expect(access.ensureFirstOperator(undefined)).resolves.toEqual(first);
      const { token } = access.kept;
      await expect(signIn(access, token ?? '')).resolves.toMatchObject({ operator: first });
    }
    await expect(signIn(access, old)).rejects.toMatchObject(forbidden);
    await expect(signIn(access, rotated)).rejects.toMatchObject(forbidden);
  });

  it('stays away when admins removed it, until somebody sets a token', async () => {
    const access = await openAccess();
    await access.ensureFirstOperator(undefined);
    await access.createOperator(admin);
    await access.deleteOperator({ id: 'admin' });
    expect(access.kept.token).toBeNull();
    await expect(access.ensureFirstOperator(undefined)).resolves.toBeNull();
    const token = 'tgo-abcdefghijklmnop';
    await expect(access.ensureFirstOperator(token)).resolves.toEqual(first);
    await expect(signIn(access, token)).resolves.toMatchObject({ operator: first });
  });

  it('needs no name of its own where the token is already an operator’s', async () => {
    const access = await openAccess();
    await access.createOperator(admin);
    const { token, id } = await access.createOperator({ ...admin, name: 'eve' });
    await expect(access.ensureFirstOperator(token)).resolves.toMatchObject({ id });
    expect(access.kept.token).toBe(token);
    expect((await access.listOperators(all)).items).toHaveLength(2);
  });
});

describe('signing in', () => {
  const begin = async (access: Opened) => {
    const operator = await access.ensureFirstOperator(undefined);
    return access.sessions.begin(access.issueSignInCode(operator?.id ?? ''));
  };
  const cookieOf = (session: string) => ({ cookie: `a=b; tidegate_session=${session}; c=d` });

  it('makes a session of a code, which a cookie carries for 12 hours', async () => {
    const access = await openAccess();
    const { operator, session, expires_at } = await begin(access);
    expect([operator.name, expires_at]).toEqual(['admin', '2026-01-15T00:00:00.000Z']);
    const signedIn = { operator, by: 'session' };
    await expect(access.authenticateOperator(cookieOf(session))).resolves.toEqual(signedIn);
    access.clock.ms += 12 * 3600 * 1000 - 1;
    await expect(access.authenticateOperator(cookieOf(session))).resolves.toEqual(signedIn);
    access.clock.ms += 1;
    await expect(access.authenticateOperator(cookieOf(session))).rejects.toMatchObject(forbidden);
  });

  it('takes a code once, within 15 minutes, and no other', async () => {
    const access = await openAccess();
    await access.ensureFirstOperator(undefined);
    const code = access.issueSignInCode('admin');
    await expect(access.sessions.begin('x'.repeat(1000))).rejects.toMatchObject(forbidden);
    const both = await Promise.allSettled([1, 2].map(() => access.sessions.begin(code)));
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    const late = access.issueSignInCode('admin');
    access.clock.ms += 15 * 60 * 1000;
    await expect(access.sessions.begin(late)).rejects.toMatchObject(forbidden);
  });

  it('ends a session at sign-out, at a rotation and when its operator is removed', async () => {
    const access = await openAccess();
    const one = await begin(access);
    const two = await begin(access);
    await access.sessions.end(one.session);
    await access.sessions.end(one.session);
    await access.sessions.end('nonsense');
    await expect(access.authenticateOperator(cookieOf(one.session))).rejects.toMatchObject(
      forbidden,
    );
    await expect(access.authenticateOperator(cookieOf(two.session))).resolves.toMatchObject({});
    await access.rotateOperator({ id: 'admin' });
    await expect(access.authenticateOperator(cookieOf(two.session))).rejects.toMatchObject(
      forbidden,
    );
    const three = await begin(access);
    await access.createOperator(admin);
    await access.deleteOperator({ id: 'admin' });
    await expect(access.authenticateOperator(cookieOf(three.session))).rejects.toMatchObject(
      forbidden,
    );
  });

  it('holds a hundred codes: whoever asks for more ends the oldest', async () => {
    const access = await openAccess();
    await access.ensureFirstOperator(undefined);
    const [oldest = '', second = ''] = Array.from({ length: 101 }, () =>
      access.issueSignInCode('admin'),
    );
    await expect(access.sessions.begin(oldest)).rejects.toMatchObject(forbidden);
    await expect(access.sessions.begin(second)).resolves.toMatchObject({});
  });

  it('signs nobody in as an operator who is gone', async () => {
    const access = await openAccess();
    await access.createOperator(admin);
    const { id } = await access.createOperator(viewer);
    const code = access.issueSignInCode(id);
    await access.deleteOperator({ id });
    await expect(access.sessions.begin(code)).rejects.toMatchObject(forbidden);
  });

  it('takes a session from a cookie only and a token from a header only', async () => {
    const access = await openAccess();
    const { session } = await begin(access);
    await expect(signIn(access, session)).rejects.toMatchObject(forbidden);
    const inCookie = access.authenticateOperator(cookieOf(access.kept.token ?? ''));
    await expect(inCookie).rejects.toMatchObject(forbidden);
    await expect(access.sessions.end(access.kept.token ?? '')).resolves.toBeUndefined();
    await expect(signIn(access, access.kept.token ?? '')).resolves.toMatchObject({ by: 'token' });
  });

  it('takes a header before a cookie', async () => {
    const access = await openAccess();
    const { session } = await begin(access);
    const both = { ...cookieOf(session), authorization: 'tgo-abcdefghijklmnop' };
    await expect(access.authenticateOperator(both)).rejects.toMatchObject(forbidden);
  });

  it('lets no key of a service in', async () => {
    const access = await openAccess();
    const { key } = await access.newKey();
    await expect(signIn(access, key)).rejects.toMatchObject(forbidden);
  });
});
