import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from './manifest-file';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-manifest-'));
const file = join(folder, 'tidegate.yaml');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (text: string) => {
  writeFileSync(file, text);
  return readManifest(file);
};

/** Each fault as `line:column: path: message`. */
const faults = (text: string): string[] => {
  try {
    read(text);
  } catch (error) {
    expect(error).toMatchObject({ kind: 'bad-request' });
    return (error as Error).message.split('\n').map((one) => one.replace(/^.*tidegate\.yaml:/, ''));
  }
  return [];
};

describe('reading a manifest', () => {
  it('takes the one in the documentation, with defaults for the rest', () => {
    const { manifest } = read(`
services:
  wine:
    kind: ml
    description: Quality of red wine from its chemistry
    auth: true
    throttle: { rate: 200, burst: 400 }
    capture: { sample: 1 }
    versions:
      v1: { model: ./examples/wine/model, weight: 100 }
    keys: [quickstart]          # made once, printed and kept in credentials.json
`);
    expect(manifest.services.wine).toMatchObject({
      throttle: { rate: 200, burst: 400, quota: null },
      capture: { sample: 1, columns: {}, client_ip: false, when: 'after' },
      max_rows: 512,
      timeout_ms: 25_000,
      versions: {
        v1: {
          model: { path: join(folder, 'examples/wine/model') },
          weight: 100,
          environment: {},
          compute: { serverless: { memory_mb: 2048, concurrency: 10 } },
        },
      },
      keys: ['quickstart'],
    });
  });

  it('knows paths, versions of an MLflow server and registered versions', () => {
    const { manifest } = read(`services:
  wine:
    versions:
      v1: { model: ../models/wine.onnx }
      v2: { model: /models/wine }
      v3: { model: models:/wine/3 }
      v4: { model: models:/wine@champion }
      v5: { model: wine-red/12 }
`);
    const versions = Object.values(manifest.services).flatMap((one) => Object.values(one.versions));
    expect(versions.map(({ model }) => model)).toEqual([
      { path: join(folder, '../models/wine.onnx') },
      { path: '/models/wine' },
      { mlflow: 'models:/wine/3' },
      { mlflow: 'models:/wine@champion' },
      { name: 'wine-red', version: 12 },
    ]);
  });

  it('takes every field of a service and of a version', () => {
    const { manifest } = read(`services:
  wine:
    throttle: { rate: 1.5, burst: 2, quota: { limit: 100000, period: day } }
    capture: { sample: 0.5, columns: { user_id: hash }, client_ip: true }
    retention: { requests_days: 7, rows_days: 30, labels_days: null }
    max_rows: 10
    max_queue: 20
    timeout_ms: 1000
    cors_origins: [https://example.org, http://localhost:3000]
    positional: true
    versions:
      v1:
        model: ./m
        description: first
        weight: 40
        compute: { instances: { type: ml.g5.xlarge, count: 2 } }
        environment: { OMP_NUM_THREADS: "1" }
      v2: { model: ./n, weight: 60, compute: { instances: { type: ml.m5.large, min: 1, max: 3 } } }
`);
    expect(manifest.services.wine).toMatchObject({ positional: true, max_queue: 20 });
  });

  it('takes a file that names no service', () => {
    expect(read('services: {}').manifest).toEqual({ services: {} });
  });

  it.each([
    [
      'services:\n  wine:\n    auth: maybe\n',
      ['3:11: services.wine.auth: Invalid input: expected boolean, received string'],
    ],
    ['services:\n  wine:\n    atuh: true\n', ['3:11: services.wine.atuh: no such field']],
    [
      'services:\n  Wine: {}\n',
      ['2:3: services.Wine: lower-case letters, digits and hyphens, 2–32'],
    ],
    [
      'services:\n  labels: {}\n',
      ["2:3: services.labels: a name of the platform's own tables: choose another"],
    ],
    [
      'services:\n  wine:\n    kind: llm\n',
      ['3:11: services.wine.kind: only services of kind ml can be served yet'],
    ],
    [
      'services:\n  wine:\n    versions:\n      v1: { weight: 100 }\n',
      ['4:7: services.wine.versions.v1.model: is missing'],
    ],
    [
      'services:\n  wine:\n    versions:\n      v1: { model: ./m, weight: 60 }\n      v2: { model: ./n }\n',
      ['3:5: services.wine.versions: weights must sum to 100'],
    ],
    [
      'services:\n  wine:\n    keys: [aa, bb, aa]\n',
      ['3:5: services.wine.keys: a key is named twice'],
    ],
    ['services:\n  wine: {}\n  wine: {}\n', ['3:3: Map keys must be unique']],
    ['services:\n\twine: {}\n', ['2:1: Tabs are not allowed as indentation']],
    ['', ['1:1: Invalid input: expected object, received null']],
    ['- services', ['1:1: Invalid input: expected object, received array']],
    ['service:\n  wine: {}\n', ['1:1: service: no such field']],
    [
      'services:\n  wine:\n    versions:\n      v1: { model: wine }\n',
      [
        '4:20: services.wine.versions.v1.model: a path that starts with ./, ../ or /, models:/name/3, models:/name@alias, or name/3',
      ],
    ],
    [
      'services:\n  wine:\n    cors_origins:\n      - https://example.org/\n',
      ['4:9: services.wine.cors_origins.0: an origin such as https://example.org, or *'],
    ],
  ])('refuses %j, with the place', (text, expected) => {
    const found = faults(text);
    expect(found).toHaveLength(expected.length);
    for (const [i, fault] of expected.entries()) expect(found[i]).toMatch(fault);
  });

  it('tells all faults at once', () => {
    const found = faults(`services:
  wine: { auth: 1, max_rows: 0 }
  beer: { throttle: { rate: -1, burst: 1 }, size: big }
`);
    expect(found.map((fault) => fault.split(' ')[1])).toEqual([
      'services.wine.auth:',
      'services.wine.max_rows:',
      'services.beer.throttle.rate:',
      'services.beer.size:',
    ]);
  });

  it('is not drowned by aliases of aliases', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [i, name] of ['b', 'c', 'd', 'e', 'f', 'g', 'h'].entries()) {
      const before = String.fromCharCode('a'.charCodeAt(0) + i);
      bomb.push(`${name}: &${name} [${`*${before}, `.repeat(9)}]`);
    }
    expect(faults(bomb.join('\n'))[0]).toMatch('too many aliases');
  });

  it('explains later faults by their place in the file', () => {
    const { explain } = read(
      'services:\n  wine:\n    versions:\n      v1:\n        model: ./lost\n',
    );
    const path = 'services.wine.versions.v1.model';
    const text = explain([{ path, code: 'bad-request', message: 'there is no such folder' }]);
    expect(text).toMatch(/tidegate\.yaml:5:16: services\.wine\.versions\.v1\.model: there is no/);
  });

  it('says so when there is no such file', () => {
    expect(() => readManifest(join(folder, 'lost.yaml'))).toThrow(/lost\.yaml: cannot be read/);
  });
});
