import type { FindModel } from '../../core/services/new-versions';
import type { ServiceVersion } from '../../core/services/service';
import type { ServiceRecords } from '../../core/services/service-records';
import { needsGpuImage, noGpuImage } from '../../core/services/service-template-instances';
import { serverlessReason } from '../../core/services/service-template-unfit';
import type { VersionPatch } from '../../core/services/update-version';
import { DomainError } from '../../core/shared/domain-error';
import { assertAllowed } from './allowed-compute';

interface Needs {
  /** Instance types of the stage. */
  readonly allowed: readonly string[];
  /** Whether the stage has an image of the model server for GPUs. */
  readonly hasGpuImage: boolean;
  readonly findModel: FindModel;
  readonly services: Pick<ServiceRecords, 'read'>;
}

/** Refuses versions that this stage cannot run, which AWS would tell minutes later. */
export const runnableVersion = ({ allowed, hasGpuImage, findModel, services }: Needs) => {
  const assertCompute = assertAllowed(allowed);

  /** @throws `bad-request` */
  const assertRunnable = async ({
    model,
    compute,
  }: Pick<ServiceVersion, 'model' | 'compute'>): Promise<void> => {
    assertCompute(compute);
    const found = await findModel(model.name, model.version);
    // That it is not registered is told by whoever needs it.
    if (!found) return;
    if (!hasGpuImage && needsGpuImage({ model: found, compute })) throw noGpuImage();
    const reason = serverlessReason({ model: found, compute });
    if (reason !== null) throw new DomainError('bad-request', `${model.name}: ${reason}`);
  };

  return {
    assertRunnable,

    /** The same of what a version would become. @throws `bad-request` */
    async assertChange(service: string, name: string, patch: VersionPatch): Promise<void> {
      if (!patch.model && !patch.compute) return;
      const document = await services.read(service);
      const current = document?.versions.find((version) => version.name === name);
      if (!current) return;
      const { model = current.model, compute = current.compute } = patch;
      await assertRunnable({ model, compute });
    },
  };
};
