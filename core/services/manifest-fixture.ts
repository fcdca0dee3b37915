import type { ModelSource } from '../models/model-version';
import { DomainError } from '../shared/domain-error';
import { applyManifest } from './apply-manifest';
import type { Manifest, ManifestService, ManifestVersion } from './manifest';
import { modelVersion, newService, openServices } from './services-fixture';

export const said = (
  versions: Readonly<Record<string, ManifestVersion>>,
  more: Partial<ManifestService> = {},
): ManifestService => {
  const { name: _, by: __, versions: ___, ...settings } = newService('x');
  return { ...settings, versions, keys: [], ...more };
};

export const saidVersion = (more: Partial<ManifestVersion> = {}): ManifestVersion => ({
  model: { path: '/models/a' },
  description: '',
  compute: { instances: { type: 'ml.m5.large', count: 1 } },
  environment: {},
  ...more,
});

/** Services with a manifest over them: `/models/a`, `/models/b` and so on are packages that exist. */
export const openManifest = () => {
  const opened = openServices();
  const keys: string[] = [];
  const numbers = new Map<string, number>();
  const ensureVersion = async (name: string, source: ModelSource) => {
    const text = 'path' in source ? source.path : JSON.stringify(source);
    if (text.includes('missing')) throw new DomainError('bad-request', `no package at ${text}`);
    const known = numbers.get(`${name} ${text}`);
    const number = known ?? numbers.size + 1;
    numbers.set(`${name} ${text}`, number);
    const text_output = { type: 'string', width: 1, classes: null } as const;
    const made = modelVersion(name, number, ...(text.includes('text') ? [text_output] : []));
    if (known === undefined) await opened.register(made);
    return made;
  };
  const ensureKey = async (service: string, name: string) => void keys.push(`${service}/${name}`);
  const apply = applyManifest({ ...opened.needs, ensureVersion, ensureKey });
  return {
    ...opened,
    keys,
    apply: (services: Manifest['services']) => apply({ services }),
  };
};
