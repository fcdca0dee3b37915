import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { ManifestSchema } from './manifest';

const FILE = `${__dirname}/../../docs/tidegate.schema.json`;

/** What editors check `tidegate.yaml` against. */
const schema = () =>
  JSON.parse(
    JSON.stringify(z.toJSONSchema(ManifestSchema, { io: 'input', target: 'draft-2020-12' })),
  );

describe('the published schema of the manifest', () => {
  it('is the one that checks it (UPDATE_SCHEMA=1 jest api/services/manifest writes it anew)', () => {
    if (process.env.UPDATE_SCHEMA) writeFileSync(FILE, `${JSON.stringify(schema(), null, 2)}\n`);
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(schema());
  });

  it('knows every field and no other', () => {
    const service = schema().properties.services.additionalProperties;
    expect(service.additionalProperties).toBe(false);
    expect(new Set(Object.keys(service.properties))).toEqual(
      new Set([
        'auth',
        'capture',
        'cors_origins',
        'description',
        'keys',
        'kind',
        'max_queue',
        'max_rows',
        'positional',
        'retention',
        'throttle',
        'timeout_ms',
        'versions',
      ]),
    );
    const version = service.properties.versions.additionalProperties;
    expect(version.required).toEqual(['model']);
    expect(new Set(Object.keys(version.properties))).toEqual(
      new Set(['compute', 'description', 'environment', 'model', 'weight']),
    );
  });
});
