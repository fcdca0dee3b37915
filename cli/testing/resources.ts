const AT = '2026-11-20T10:00:00.000Z';
const stamps = { created_by: 'ada', created_at: AT, updated_at: AT, revision: 3 };

/** A service as the platform answers it. */
export const aService = (more: object = {}) => ({
  ...{ name: 'wine', kind: 'ml', description: 'red', status: 'running', status_reason: null },
  ...{ auth: true, throttle: { rate: 200, burst: 400, quota: null } },
  capture: { sample: 1, columns: { user_id: 'hash' }, client_ip: false, when: 'after' },
  retention: { requests_days: null, rows_days: null, labels_days: null },
  ...{ max_rows: 512, max_queue: 1000, timeout_ms: 25_000, cors_origins: [], positional: false },
  ...{ traffic: { v1: 100 }, versions_running: 1, versions_total: 1, managed_by: 'api' },
  url: 'http://127.0.0.1:8080/services/wine/predict',
  ...stamps,
  ...more,
});

/** A version as the platform answers it. */
export const aVersion = (more: object = {}) => ({
  ...{ id: 'ver-1', service: 'wine', name: 'v1', description: '', status: 'running' },
  status_reason: null,
  model: { name: 'wine', version: 1 },
  compute: { serverless: { memory_mb: 2048, concurrency: 10 } },
  ...{ environment_names: [], traffic: 100, replicas: { wanted: 1, running: 1 } },
  cost: { billing_mode: 'none', per_hour: 0, currency: 'USD', priced_at: null },
  ...stamps,
  ...more,
});

/** A key as the platform answers it. */
export const aKey = (more: object = {}) => ({
  ...{ id: 'key-1', service: 'wine', name: 'my-app', scopes: ['predict'], status: 'active' },
  ...{ throttle: null, expires_at: null, last_used_at: null },
  ...stamps,
  ...more,
});

/** An operator as the platform answers it. */
export const anOperator = (more: object = {}) => ({
  ...{ id: 'op-1', name: 'ada', role: 'admin', data: true },
  ...stamps,
  ...more,
});

/** A version of a model as the platform answers it. */
export const aModelVersion = (more: object = {}) => ({
  ...{ model: 'wine', version: 1, flavor: 'onnx', runtime: 'onnx' },
  ...{ digest: `sha256:${'0'.repeat(64)}`, size: 1234, description: '', tags: {} },
  source: { upload: 'up-1' },
  container: null,
  signature: {
    inputs: [{ name: 'alcohol', type: 'double', required: true }],
    ...{ positional: false, storage: ['float32'], matrix: true },
    output: { type: 'double', width: 1, classes: null },
  },
  expected: null,
  ...stamps,
  ...more,
});

/** A page of a list as the platform answers it. */
export const pageOf = (items: readonly object[], next: string | null = null) => ({
  items,
  next_cursor: next,
});
