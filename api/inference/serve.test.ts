import { versionChooser } from '../../core/inference/choose-version';
import type { ServingService } from '../../core/inference/service-directory';
import type { Service } from '../../core/services/service';
import { modelVersion } from '../../core/services/services-fixture';
import { chosen } from './serve';

describe('the version that answers', () => {
  const model = modelVersion('wine', 1);
  const serving: ServingService = {
    service: {
      name: 'wine',
      wanted: 'running',
      traffic: { v2: 100 },
    } as Partial<Service> as Service,
    versions: new Map([['v2', { name: 'v2', model, tag: 'wine/1' }]]),
    limited: { subject: 'service/wine', throttle: { rate: 1, burst: 1, quota: null } },
  };
  // As over a change: what was deleted answers a little longer to who still gives it traffic.
  const chooser = versionChooser({ isRunning: () => true, random: () => 0, clock: () => 0 });
  const pin = (version: string | undefined) =>
    chosen({ chooser, modelOf: () => model }, serving, version, undefined).name;

  it('is one of the service: who pins another is told that there is none', () => {
    expect([pin(undefined), pin('v2')]).toEqual(['v2', 'v2']);
    expect(() => pin('v1')).toThrow(expect.objectContaining({ kind: 'version-not-found' }));
  });
});
