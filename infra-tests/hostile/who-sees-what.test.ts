import { routes } from '../../api/routes';
import { type Caller, caller } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { wineBody } from '../support/wine';
import {
  generalLooks,
  generalReads,
  generalWrites,
  get,
  isOfProtocol,
  looks,
  ofAdmins,
  predictionRoutes,
  reads,
  runs,
  type Sent,
  writes,
} from './routes-to-ask';

const manifest = `
services:
  omega: { versions: { v1: { model: ./examples/wine/model } } }
  beta: { versions: { v1: { model: ./examples/wine/model } } }
`;

/** An answer without what differs between any two. */
const bare = ({ status, headers, body, text }: Awaited<ReturnType<Caller>>) => {
  const {
    date: _,
    'x-request-id': __,
    'server-timing': ___,
    ...same
  } = Object.fromEntries(headers);
  const { request_id: ____, ...said } = body ?? {};
  // The text as well, so that the order of its members counts; ids are all of one length.
  return { status, headers: same, said, length: text.length };
};

describe('two services and everybody who may not see both', () => {
  let running: Running;
  const callers = new Map<string, Caller>();
  const names = ['omega', 'beta', 'nowhere'] as const;

  beforeAll(async () => {
    running = await startPlatform({ manifest });
    const admin = caller(running.url, running.token);
    const keyOf = async (service: string, scope: string): Promise<string> => {
      const name = `only-${scope}`;
      const body = { name, scopes: [scope] };
      return (await admin(`/api/services/${service}/keys`, { body })).body.key;
    };
    const tokenOf = async (name: string, role: string, data: boolean): Promise<string> =>
      (await admin('/api/operators', { body: { name, role, data } })).body.token;
    callers.set('nobody', caller(running.url));
    for (const [name, credential] of [
      ['junk', `tgk-${'Jnk4Vw'.repeat(6)}0000`],
      ['no key at all', 'x'],
      ['key of beta', await keyOf('beta', 'predict')],
      ['key without scope', await keyOf('beta', 'labels')],
      ['viewer', await tokenOf('vera', 'viewer', false)],
      ['viewer with data', await tokenOf('vito', 'viewer', true)],
      ['editor', await tokenOf('edith', 'editor', false)],
      ['admin', running.token],
    ] as const) {
      callers.set(name, caller(running.url, credential));
    }
  }, 30_000);
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
  });

  const who = (name: string): Caller => {
    const found = callers.get(name);
    if (!found) throw new Error(`no caller ${name}`);
    return found;
  };

  /** Every way of asking is refused, and all refusals are one and the same. */
  const expectAlike = async (
    asking: readonly (readonly [name: string, sent: Sent])[],
    status: number,
  ): Promise<void> => {
    const answers = await Promise.all(
      asking.map(async ([name, [method, path, body]]) => {
        const answer = await who(name)(path, { method, ...(body !== undefined && { body }) });
        return { name, method, path, answer: bare(answer), text: answer.text };
      }),
    );
    const [first] = answers;
    for (const { name, method, path, answer, text } of answers) {
      expect({ name, method, path, answer }).toEqual({ name, method, path, answer: first?.answer });
      expect(answer.status).toBe(status);
      expect(text).not.toMatch(/omega|beta|nowhere|v1|wine/);
    }
  };
  const byAll = (askers: readonly string[], sent: readonly Sent[]) =>
    askers.flatMap((name) => sent.map((one) => [name, one] as const));

  const strangers = ['junk', 'no key at all', 'key without scope', 'viewer', 'viewer with data'];

  it.each([
    ['the prediction routes', (sent: Sent) => !isOfProtocol(sent)],
    ['the inference protocol', isOfProtocol],
  ])(
    'get one and the same refusal on %s, whether the service exists or not',
    async (_, ours) => {
      const all = names.flatMap(predictionRoutes).filter(ours);
      const others = ['omega', 'nowhere'].flatMap(predictionRoutes).filter(ours);
      await expectAlike(byAll(['nobody'], all), 401);
      await expectAlike([...byAll(strangers, all), ...byAll(['key of beta'], others)], 403);
    },
    30_000,
  );

  it('get one and the same refusal on the control API without a credential or with a key', async () => {
    const control = [
      ...names.flatMap((name) => [...reads(name), ...runs(name), ...looks(name)].map(get)),
      ...names.flatMap(writes),
      ...ofAdmins,
      ...generalLooks,
      ...generalReads,
      ...generalWrites,
    ];
    await expectAlike(byAll(['nobody'], control), 401);
    const keys = ['junk', 'no key at all', 'key of beta', 'key without scope'];
    await expectAlike(byAll(keys, control), 403);
  }, 30_000);

  it('get one and the same refusal where their role does not reach', async () => {
    await expectAlike(
      byAll(['viewer', 'viewer with data'], [...names.flatMap(writes), ...generalWrites]),
      403,
    );
    await expectAlike(byAll(['viewer', 'viewer with data', 'editor'], ofAdmins), 403);
    const bodies = [...names.flatMap(looks).map(get), ...generalLooks];
    await expectAlike(byAll(['viewer', 'editor'], bodies), 403);
  }, 30_000);

  it('see what they may, and learn there what does not exist', async () => {
    for (const name of ['viewer', 'viewer with data', 'editor', 'admin']) {
      for (const path of [...reads('omega'), ...reads('beta'), '/api/models', '/api/me']) {
        const { status, text } = await who(name)(path);
        expect({ name, path, status, text }).toMatchObject({ status: 200 });
      }
      for (const path of reads('nowhere')) {
        expect({ path, status: (await who(name)(path)).status }).toEqual({ path, status: 404 });
      }
    }
    for (const name of ['viewer with data', 'admin']) {
      const [list = '', one = ''] = looks('beta');
      expect((await who(name)(list)).status).toBe(200);
      expect((await who(name)(one)).status).toBe(404);
      const asked = await who(name)('/api/query', { body: { sql: 'SELECT 1' } });
      expect(asked).toMatchObject({ status: 200, body: { rows: [[1]] } });
      const file = await who(name)(`/api/queries/${asked.body.query_id}/result`);
      expect(file).toMatchObject({ status: 200, text: '1\n1\n' });
    }
    for (const name of ['editor', 'admin', 'key of beta']) {
      const { status } = await who(name)('/services/beta/predict', { body: wineBody });
      expect({ name, status }).toEqual({ name, status: 200 });
    }
    for (const name of ['editor', 'admin']) {
      const { status } = await who(name)('/services/nowhere/predict', { body: wineBody });
      expect({ name, status }).toEqual({ name, status: 404 });
    }
  });

  it('see no difference in how a page of another origin is refused', async () => {
    const headers = { origin: 'https://example.org', 'access-control-request-method': 'POST' };
    const asked = names.map((name) =>
      who('nobody')(`/services/${name}/predict`, { method: 'OPTIONS', headers }),
    );
    const [first, ...others] = (await Promise.all(asked)).map(bare);
    for (const other of others) expect(other).toEqual(first);
  });

  it('are held against every route of the control API that is not for anyone', () => {
    const asked = [
      ...[...reads('omega'), ...runs('omega'), ...looks('omega')].map(get),
      ...writes('omega'),
      ...ofAdmins,
      ...generalLooks,
      ...generalReads,
      ...generalWrites,
    ];
    const forgotten = Object.values(routes).filter(({ method, path, access }) => {
      const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      return access !== 'anyone' && !asked.some(([by, at]) => by === method && pattern.test(at));
    });
    expect(forgotten).toEqual([]);
  });

  it('have changed nothing', async () => {
    const { body } = await who('admin')('/api/services');
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['beta', 'omega']);
    const operators = await who('admin')('/api/operators');
    expect(operators.text).not.toContain('eve');
    for (const name of ['beta', 'omega']) {
      const { body: service } = await who('admin')(`/api/services/${name}`);
      expect(service).toMatchObject({ status: 'running', description: '' });
      const { body: keys } = await who('admin')(`/api/services/${name}/keys`);
      expect(JSON.stringify(keys)).not.toMatch(/"kk"|revoked/);
    }
  });
});
