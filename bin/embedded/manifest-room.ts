import type { ManifestFile } from '../../adapters/embedded/manifest-file';
import type { Access } from '../../core/access/access';
import { ensureVersion } from '../../core/models/ensure-version';
import { applyManifest } from '../../core/services/apply-manifest';
import type { ServiceRecords } from '../../core/services/service-records';
import { DomainError, isDomainError } from '../../core/shared/domain-error';
import type { ModelRoom } from './model-room';
import type { ServiceRoom } from './service-room';

interface Needs {
  /** Null: what a manifest managed before is the operators' now. */
  readonly manifest: ManifestFile | null;
  readonly services: ServiceRecords;
  readonly access: Pick<Access, 'ensureKey'>;
  readonly room: ServiceRoom;
  readonly model: ModelRoom;
}

/** The manifest, brought about; its faults are told with their places in the file. */
export const manifestRoom = ({ manifest, services, access, room, model }: Needs) => {
  const ensure = ensureVersion({ ...model.registration, digestOf: model.digestOf });
  const apply = applyManifest({
    ...room.changing,
    services,
    ensureVersion: (name, source) =>
      ensure({ model: name, source, description: '', tags: {}, created_by: 'manifest' }),
    ensureKey: async (service, name) => {
      await access.ensureKey(service, name);
    },
  });
  return {
    /** @throws `bad-request` with a line per fault: file, line, column, what is wrong */
    async apply(): Promise<void> {
      try {
        await apply(manifest?.manifest ?? { services: {} });
      } catch (error) {
        if (!manifest || !isDomainError(error) || error.faults.length === 0) throw error;
        throw new DomainError('bad-request', manifest.explain(error.faults));
      }
    },
  };
};
