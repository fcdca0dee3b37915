import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Caller, caller, until } from '../support/api';
import { type Running, startPlatform, temporaryFolder } from '../support/platform';
import { wineBody } from '../support/wine';
import { childrenOf } from './children-of';
import { DOES, processModel } from './process-model';
import { requestText, sendRaw } from './raw-socket';

/** Texts that nobody else writes. */
const OPERATOR = `tgo-${'Opq7Zx'.repeat(6)}`;
const JUNK = `tgk-${'Jnk4Vw'.repeat(6)}0000`;
const HASHED = 'hashed-Kestrel-51';
const MASKED = 'masked-Plover-62';
const DROPPED = 'dropped-Dunlin-73';
const SPLIT_KEY = 'split-Whimbrel-84';
const ALCOHOL = 13.37424242;
const PH = 3.14151515;
const DENSITY = 0.99616161;

/** A model of a process that sums two numbers and is given three texts besides. */
const textModel = (): { path: string; env: Readonly<Record<string, string>> } => {
  const { env } = processModel();
  const path = join(temporaryFolder(), 'model');
  mkdirSync(path);
  const column = (type: string) => (name: string) => ({ name, type, required: true });
  const inputs = [
    ...['a', 'b'].map(column('double')),
    ...['hashed', 'masked', 'dropped'].map(column('string')),
  ];
  const signature = {
    inputs: JSON.stringify(inputs),
    outputs: JSON.stringify([{ name: 'sum', type: 'double', required: true }]),
  };
  const flavors = { python_function: { loader_module: 'none' }, sklearn: {} };
  writeFileSync(join(path, 'MLmodel'), JSON.stringify({ flavors, signature }));
  return { path, env };
};

const { path, env } = textModel();
const open = 'throttle: { rate: 100000, burst: 100000 }';
const wine = './examples/wine/model';
const manifest = `
services:
  omega:
    ${open}
    capture: { columns: { hashed: hash, masked: mask, dropped: drop } }
    versions: { v1: { model: ${path}, environment: { CHILD_VARIABLE: given } } }
    keys: [first, second]
  beta:
    ${open}
    capture: { columns: { alcohol: hash, pH: mask, density: drop } }
    versions: { v1: { model: ${wine}, weight: 50 }, v2: { model: ${wine}-v2, weight: 50 } }
    keys: [first]
  gamma:
    ${open}
    auth: false
    capture: { client_ip: true }
    versions: { v1: { model: ${wine} } }
`;

const texts = { hashed: HASHED, masked: MASKED, dropped: DROPPED };
const record = (a: number, b = 0) => ({ a, b, ...texts });
const wineRecord = {
  ...Object.fromEntries(
    wineBody.dataframe_split.columns.map((name, at) => [
      name,
      wineBody.dataframe_split.data[0]?.[at],
    ]),
  ),
  alcohol: ALCOHOL,
  pH: PH,
  density: DENSITY,
};
const split = (one: object) => ({
  dataframe_split: { columns: Object.keys(one), data: [Object.values(one)] },
});
const csv = (one: object) => `${Object.keys(one)}\n${Object.values(one)}\n`;
const lists = (one: object) => ({
  inputs: Object.fromEntries(Object.entries(one).map(([name, value]) => [name, [value]])),
});
const tensors = (one: object) => ({
  inputs: Object.entries(one).map(([name, value]) => ({
    name,
    shape: [1],
    datatype: typeof value === 'string' ? 'BYTES' : 'FP64',
    data: [value],
  })),
});

/** Every file under a folder. */
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('secrets', () => {
  let running: Running;
  let operator: Caller;
  /** All answers of the journey that are not meant to hold a secret. */
  const answers: string[] = [];
  /** By what they are. */
  const secrets: Record<string, string> = {};
  let processTexts = '';

  const told = async (asked: ReturnType<Caller>) => {
    const answer = await asked;
    answers.push(`${JSON.stringify([...answer.headers])} ${answer.text}`);
    return answer;
  };

  const predictions = async (service: string, one: object, key: string): Promise<void> => {
    const call = caller(running.url, key);
    const at = `/services/${service}`;
    const headers = { 'x-tidegate-split-key': SPLIT_KEY };
    const bodies = [split(one), { dataframe_records: [one] }, { instances: [one] }, lists(one)];
    const good = [
      ...bodies.map((body) => told(call(`${at}/predict`, { body, headers }))),
      told(call(`${at}/predict`, { body: csv(one), headers: { 'content-type': 'text/csv' } })),
      told(call(`${at}/v2/models/${service}/infer`, { body: tensors(one) })),
      told(call(`${at}/compare`, { body: split(one) })),
    ];
    for (const { status, text } of await Promise.all(good)) {
      expect({ status, text }).toMatchObject({ status: 200 });
    }
    const text = JSON.stringify(split(one));
    const refused: [status: number, body: unknown, headers?: Record<string, string>][] = [
      [400, text.slice(0, -1)],
      [400, `${text}${text}`],
      [400, { dataframe_records: [Object.fromEntries(Object.entries(one).slice(1))] }],
      [400, { dataframe_records: [{ ...one, [Object.keys(one)[0] ?? '']: HASHED }] }],
      [400, { dataframe_records: [{ ...one, [Object.keys(one)[0] ?? '']: [MASKED] }] }],
      [400, { ...split(one), client_request_id: `${DROPPED}\n` }],
      [400, { ...split(one), params: HASHED }],
      [400, `${csv(one)}${MASKED}`, { 'content-type': 'text/csv' }],
      [400, `"${HASHED}`, { 'content-type': 'text/csv' }],
      [415, text, { 'content-type': 'text/plain' }],
      [415, text, { 'content-encoding': 'gzip' }],
    ];
    for (const [status, body, more] of refused) {
      const answer = await told(call(`${at}/predict`, { body, ...(more && { headers: more }) }));
      expect({ status: answer.status, body }).toEqual({ status, body });
      await told(call(`${at}/compare`, { body, ...(more && { headers: more }) }));
    }
    await told(call(`${at}/v2/models/${service}/infer`, { body: text }));
    await told(call(`${at}/v2/models/${service}/infer`, { body: { inputs: [HASHED] } }));
  };

  beforeAll(async () => {
    running = await startPlatform({ manifest, env: { ...env, TIDEGATE_OPERATOR_TOKEN: OPERATOR } });
    operator = caller(running.url, OPERATOR);
    secrets.operator = OPERATOR;
    secrets.junk = JUNK;
    for (const [service, name] of [
      ['omega', 'first'],
      ['omega', 'second'],
      ['beta', 'first'],
    ] as const) {
      secrets[`key ${name} of ${service}`] = running.key(service, name);
    }

    const omega = running.key('omega', 'first');
    await predictions('omega', record(1, 2), omega);
    await predictions('beta', wineRecord, running.key('beta', 'first'));
    const gamma = caller(running.url);
    expect((await gamma('/services/gamma/predict', { body: wineBody })).status).toBe(200);
    // Whatever becomes of the model, too.
    const call = caller(running.url, omega);
    for (const does of [DOES.fail, DOES.babble, DOES.cut, DOES.die]) {
      await told(call('/services/omega/predict', { body: split(record(does)) }));
      await told(call('/services/omega/compare', { body: split(record(does)) }));
      await until(
        () => call('/services/omega/predict', { body: split(record(1, 2)) }),
        ({ status }) => status === 200,
      );
    }

    const code = /#code=(\w+)/.exec(running.output())?.[1] ?? '';
    secrets.code = code;
    const anyone = caller(running.url);
    const signedIn = await told(anyone('/api/session', { body: { code } }));
    expect(signedIn.status).toBe(201);
    const session = /tidegate_session=([^;]+)/.exec(signedIn.headers.get('set-cookie') ?? '')?.[1];
    secrets.session = session ?? '';
    // It is what this answer is for.
    answers.pop();
    await told(anyone('/api/session', { body: { code } }));
    await told(anyone('/api/session', { body: { code: JUNK } }));
    const cookie = { cookie: `tidegate_session=${session}` };
    expect((await told(anyone('/api/me', { headers: cookie }))).status).toBe(200);
    const fromPage = { ...cookie, 'sec-fetch-site': 'same-origin' };
    const body = split(record(1, 2));
    await told(anyone('/services/omega/predict', { body, headers: fromPage }));

    const made = await operator('/api/services/omega/keys', { body: { name: 'made' } });
    secrets['key made'] = made.body.key;
    const rotated = await operator(`/api/services/omega/keys/${made.body.id}/rotate`, {
      body: { grace_s: 60 },
    });
    secrets['key rotated'] = rotated.body.key;
    for (const key of [made.body.key, rotated.body.key]) {
      const answer = await told(caller(running.url, key)('/services/omega/predict', { body }));
      expect(answer.status).toBe(200);
    }
    await told(operator(`/api/services/omega/keys/${made.body.id}`, { method: 'DELETE' }));
    const admitted = await operator('/api/operators', {
      body: { name: 'olive', role: 'editor', data: true },
    });
    secrets['token of olive'] = admitted.body.token;
    const turned = await operator(`/api/operators/${admitted.body.id}/rotate`, { method: 'POST' });
    secrets['new token of olive'] = turned.body.token;

    // Credentials where they do not belong, and wrong ones.
    const wrong = caller(running.url, JUNK);
    await told(wrong('/services/omega/predict', { body }));
    await told(wrong('/api/services'));
    await told(anyone(`/services/omega/predict?api_key=${omega}`, { body }));
    await told(anyone(`/api/services?token=${OPERATOR}`));
    await told(operator(`/api/services?limit=${omega}`));
    await told(operator('/api/services/omega/traffic', { method: 'PUT', body: omega }));
    await told(operator('/api/services/omega/keys', { body: { name: omega } }));
    await told(operator('/api/services/omega/keys', { body: { name: 'more', secret: OPERATOR } }));
    await told(operator('/api/services', { headers: { 'x-api-key': omega } }));
    const twice = [`Authorization: ${omega}`, `X-Api-Key: ${JUNK}`, `Cookie: a=${OPERATOR}`];
    const raw = await sendRaw(
      running.url,
      requestText('POST', '/services/omega/predict', twice, JSON.stringify(body)),
    );
    answers.push(raw?.text ?? '');
    const broken = await sendRaw(running.url, `GET / HTTP/1.1\r\n${omega}\r\n\r\n`);
    answers.push(broken?.text ?? '');

    for (const service of ['omega', 'beta', 'gamma']) {
      const at = `/api/services/${service}`;
      const things = ['', '/versions', '/versions/v1', '/versions/v1/instances', '/keys'];
      const records = ['/events?limit=200', '/logs?limit=1000', '/requests?limit=200'];
      for (const thing of [...things, ...records]) {
        const { status, text } = await told(operator(`${at}${thing}`));
        expect({ thing, status, text }).toMatchObject({ status: 200 });
      }
    }
    for (const thing of [
      '/api/audit?limit=200',
      '/api/operators',
      '/api/models',
      '/openapi.json',
    ]) {
      expect((await told(operator(thing))).status).toBe(200);
    }
    const { pid = 0 } = running.process;
    const children = childrenOf(pid);
    expect(children.length).toBeGreaterThan(0);
    processTexts = [pid, ...children]
      .map((one) => readFileSync(`/proc/${one}/cmdline`, 'utf8'))
      .concat(children.map((one) => readFileSync(`/proc/${one}/environ`, 'utf8')))
      .join('\n');
    expect(processTexts).toContain('CHILD_VARIABLE=given');
    await told(anyone('/api/session', { method: 'DELETE', headers: fromPage }));
    expect(await running.stop()).toBe(0);
  }, 45_000);

  /** Which of them a text holds. */
  const leaksIn = (text: string, wanted: Readonly<Record<string, string | number>>): string[] =>
    Object.keys(wanted).filter((name) => text.includes(String(wanted[name])));

  /** Which of them lie where in the data folder, but for the file that is made for them. */
  const leaksOnDisk = (wanted: Readonly<Record<string, string | number>>): string[] =>
    filesOf(running.data)
      .filter((file) => relative(running.data, file) !== 'credentials.json')
      .flatMap((file) =>
        leaksIn(readFileSync(file, 'latin1'), wanted).map(
          (name) => `${name} in ${relative(running.data, file)}`,
        ),
      );

  const VALUES = { HASHED, MASKED, DROPPED, SPLIT_KEY, ALCOHOL, PH, DENSITY };

  describe('credentials', () => {
    it('were all met on the way', () => {
      expect(Object.keys(secrets)).toHaveLength(11);
      for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThan(30);
      expect(new Set(Object.values(secrets)).size).toBe(11);
    });

    it('are in no file but credentials.json: records hold digests only', () => {
      expect(leaksOnDisk(secrets)).toEqual([]);
    });

    it('are in no log line: only the first key and the sign-in link are printed, once', () => {
      const lines = running.output().split('\n');
      const isPrinted = (line: string) =>
        /^Sign in \(once.*#code=\w+$/.test(line) || /^\s+-H 'Authorization: Bearer /.test(line);
      expect(lines.filter(isPrinted)).toHaveLength(2);
      expect(leaksIn(lines.filter((line) => !isPrinted(line)).join('\n'), secrets)).toEqual([]);
    });

    it('are in no answer after the one that gave them', () => {
      expect(answers.length).toBeGreaterThan(80);
      expect(answers.filter((text) => leaksIn(text, secrets).length > 0)).toEqual([]);
    });

    it('are in no command line, and in no environment of a model process', () => {
      expect(leaksIn(processTexts, secrets)).toEqual([]);
      expect(processTexts).not.toContain('TIDEGATE_OPERATOR_TOKEN');
    });
  });

  describe('the data folder', () => {
    it('is for its owner alone, with everything in it', () => {
      const all = readdirSync(running.data, { recursive: true, withFileTypes: true });
      const modes = all.map((entry) => {
        const file = join(entry.parentPath, entry.name);
        const mode = lstatSync(file).mode & 0o777;
        return { file: relative(running.data, file), mode: mode.toString(8) };
      });
      expect(lstatSync(running.data).mode & 0o777).toBe(0o700);
      expect(modes.filter(({ mode }) => Number.parseInt(mode, 8) & 0o077)).toEqual([]);
    });
  });

  describe('columns under a policy', () => {
    it('leave no trace of their values in any file', () => {
      expect(leaksOnDisk(VALUES)).toEqual([]);
      expect(leaksIn(readFileSync(join(running.data, 'credentials.json'), 'utf8'), VALUES)).toEqual(
        [],
      );
    });

    it('leave no trace in what is printed or answered, errors and captured requests included', () => {
      expect(leaksIn(running.output(), VALUES)).toEqual([]);
      expect(answers.filter((text) => leaksIn(text, VALUES).length > 0)).toEqual([]);
    });

    it('are hashed alike, nulled, or gone in every captured body, whatever its shape', async () => {
      const captured = linesOf(running.data);
      for (const [service, hashed, masked, dropped] of [
        ['omega', 'hashed', 'masked', 'dropped'],
        ['beta', 'alcohol', 'pH', 'density'],
      ] as const) {
        const mine = captured.filter((line) => line.service === service);
        const good = mine.filter((line) => line.status_code === 200);
        expect(new Set(good.map((line) => line.request_format)).size).toBe(6);
        const hashes = good.map(({ request }) => {
          const { columns, data } = request.dataframe_split;
          expect(columns).not.toContain(dropped);
          const [row = []] = data;
          expect(row[columns.indexOf(masked)]).toBeNull();
          return row[columns.indexOf(hashed)];
        });
        expect(new Set(hashes).size).toBe(1);
        expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
        expect(mine.some((line) => line.role === 'compare')).toBe(true);
        expect(good.some((line) => /^[0-9a-f]{64}$/.test(line.split_key_hash ?? ''))).toBe(true);
      }
    });

    it('keep refused bodies out that could not be read', () => {
      const refused = linesOf(running.data).filter(({ status_code: code }) =>
        [400, 415].includes(code),
      );
      expect(refused.length).toBeGreaterThan(20);
      expect(refused.filter(({ request }) => request !== null)).toEqual([]);
      const failed = linesOf(running.data).filter(({ status_code: code }) => code === 502);
      expect(failed.length).toBeGreaterThan(3);
      for (const { request } of failed) {
        expect(request.dataframe_split.columns).toEqual(['a', 'b', 'hashed', 'masked']);
      }
    });
  });

  it("has callers' addresses only where a service asks for them", () => {
    const lines = linesOf(running.data);
    const withAddress = lines.filter(({ client_ip: address }) => address !== null);
    expect(new Set(withAddress.map(({ service }) => service))).toEqual(new Set(['gamma']));
    const others = lines.filter(({ service }) => service !== 'gamma');
    expect(JSON.stringify(others)).not.toContain('127.0.0.1');
  });
});

describe('two services and everybody who may not see both', () => {
  let running: Running;
  const callers = new Map<string, Caller>();
  const names = ['omega', 'beta', 'nowhere'] as const;

  beforeAll(async () => {
    running = await startPlatform({ manifest, env });
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
      ['junk', JUNK],
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

  type Sent = readonly [method: string, path: string, body?: unknown];
  const predictionRoutes = (service: string): readonly Sent[] => [
    ['POST', `/services/${service}/predict`, wineBody],
    ['POST', `/services/${service}/predict`, 'no JSON'],
    ['POST', `/services/${service}/predict`, 'x'.repeat(4_000_001)],
    ['POST', `/services/${service}/compare`, wineBody],
    ['GET', `/services/${service}/v2`],
    ['GET', `/services/${service}/v2/health/live`],
    ['GET', `/services/${service}/v2/health/ready`],
    ['GET', `/services/${service}/v2/models/${service}`],
    ['GET', `/services/${service}/v2/models/${service}/versions/v1`],
    ['GET', `/services/${service}/v2/models/beta/ready`],
    ['POST', `/services/${service}/v2/models/${service}/infer`, {}],
  ];
  const reads = (service: string): readonly string[] =>
    ['', '/versions', '/versions/v1', '/versions/v1/instances', '/keys', '/events', '/logs'].map(
      (rest) => `/api/services/${service}${rest}`,
    );
  const looks = (service: string): readonly string[] =>
    ['', `/${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}`].map(
      (rest) => `/api/services/${service}/requests${rest}`,
    );
  const writes = (service: string): readonly Sent[] => {
    const at = `/api/services/${service}`;
    return [
      ['PATCH', at, { description: 'x' }],
      ['DELETE', at],
      ['POST', `${at}/start`],
      ['POST', `${at}/stop`],
      ['PUT', `${at}/traffic`, { v1: 100 }],
      ['POST', `${at}/versions`, { name: 'v9' }],
      ['PATCH', `${at}/versions/v1`, {}],
      ['DELETE', `${at}/versions/v1`],
      ['POST', `${at}/versions/v1/start`],
      ['POST', `${at}/versions/v1/stop`],
      ['POST', `${at}/versions/v1/instances/x/restart`],
      ['POST', `${at}/keys`, { name: 'kk' }],
      ['POST', `${at}/keys/x/rotate`],
      ['DELETE', `${at}/keys/x`],
    ];
  };
  const ofAdmins: readonly Sent[] = [
    ['GET', '/api/operators'],
    ['POST', '/api/operators', { name: 'eve', role: 'admin' }],
    ['POST', '/api/operators/x/rotate'],
    ['DELETE', '/api/operators/x'],
    ['GET', '/api/audit'],
  ];
  const general: readonly Sent[] = [
    ['GET', '/api/me'],
    ['GET', '/api/services'],
    ['POST', '/api/services', { name: 'theirs' }],
    ['GET', '/api/models'],
    ['POST', '/api/models/mine/versions', {}],
    ['GET', '/api/models/mine/versions/1'],
    ['DELETE', '/api/models/mine/versions/1'],
    ['POST', '/api/uploads'],
    ['DELETE', '/api/session'],
  ];
  const get = (path: string): Sent => ['GET', path];

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

  const isProtocol = ([, path]: Sent): boolean => path.includes('/v2');
  const strangers = ['junk', 'no key at all', 'key without scope', 'viewer', 'viewer with data'];

  it.each([
    ['the prediction routes', (sent: Sent) => !isProtocol(sent)],
    ['the inference protocol', isProtocol],
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
      ...names.flatMap((name) => [...reads(name), ...looks(name)].map(get)),
      ...names.flatMap(writes),
      ...ofAdmins,
      ...general,
    ];
    await expectAlike(byAll(['nobody'], control), 401);
    const keys = ['junk', 'no key at all', 'key of beta', 'key without scope'];
    await expectAlike(byAll(keys, control), 403);
  }, 30_000);

  it('get one and the same refusal where their role does not reach', async () => {
    await expectAlike(byAll(['viewer', 'viewer with data'], names.flatMap(writes)), 403);
    await expectAlike(byAll(['viewer', 'viewer with data', 'editor'], ofAdmins), 403);
    await expectAlike(byAll(['viewer', 'editor'], names.flatMap(looks).map(get)), 403);
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

  it('have changed nothing', async () => {
    const { body } = await who('admin')('/api/services');
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual([
      'beta',
      'gamma',
      'omega',
    ]);
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

interface Captured {
  readonly service: string;
  readonly status_code: number;
  readonly request_format: string | null;
  readonly role: string;
  readonly client_ip: string | null;
  readonly split_key_hash: string | null;
  readonly request: {
    readonly dataframe_split: { readonly columns: string[]; readonly data: unknown[][] };
  };
}

const linesOf = (data: string): Captured[] =>
  filesOf(join(data, 'capture'))
    .filter((file) => file.endsWith('.ndjson'))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(0, -1))
    .map((line) => JSON.parse(line) as Captured);
