import { dirname, resolve } from 'node:path';
import { readManifest } from '../../adapters/embedded/manifest-file';
import type { PrivateRegistry } from '../../core/models/container';
import type { Compute } from '../../core/services/service';
import { needsGpuImage, noGpuImage } from '../../core/services/service-template-instances';
import { unfitReason } from '../../core/services/service-template-unfit';
import { DomainError, type Fault, isDomainError } from '../../core/shared/domain-error';
import { manifestPackages } from './manifest-packages';
import { type Rehearsal, rehearseManifest } from './rehearse-manifest';
import { type Shipment, writeShipment } from './write-shipment';

interface Needs {
  readonly stage: string;
  /** The stage's registries outside ECR. */
  readonly registries: readonly PrivateRegistry[];
  /** Folder for what is made here; it must last until the stacks are. */
  readonly scratch: string;
  /** @throws `bad-request` */
  readonly assertCompute: (compute: Compute) => void;
  /** @throws `bad-request` an image that models may not use */
  readonly assertImage: (image: string) => void;
  /** Whether there is an image of the model server for GPUs. */
  readonly hasGpuImage: boolean;
}

/**
 * What `cdk deploy` needs to know of the services of a manifest. It asks nobody and runs no model.
 * @throws `bad-request` with a line per fault: file, line, column, what is wrong
 */
export const manifestServices =
  (needs: Needs) =>
  async (file: string): Promise<Shipment> => {
    const { stage, registries, scratch } = needs;
    const { manifest, explain } = readManifest(file);
    try {
      const rehearsal = await rehearseManifest(manifest, manifestPackages(needs));
      assertDeployable(rehearsal, needs);
      const shipment = { stage, registries, scratch, folder: dirname(resolve(file)) };
      return writeShipment(shipment)(manifest, rehearsal);
    } catch (error) {
      if (!isDomainError(error) || error.faults.length === 0) throw error;
      throw new DomainError('bad-request', explain(error.faults), { cause: error });
    }
  };

/** What would fail minutes later, in the middle of a deployment. */
const assertDeployable = (
  { plans }: Rehearsal,
  { assertCompute, hasGpuImage }: Pick<Needs, 'assertCompute' | 'hasGpuImage'>,
): void => {
  const faults: Fault[] = [];
  for (const [service, { versions }] of plans) {
    for (const version of versions) {
      const path = `services.${service}.versions.${version.name}`;
      const unfit = unfitReason(version);
      if (unfit !== null) faults.push({ path, code: 'bad-request', message: unfit });
      try {
        assertCompute(version.compute);
        if (!hasGpuImage && needsGpuImage(version)) throw noGpuImage();
      } catch (error) {
        if (!isDomainError(error)) throw error;
        faults.push({ path: `${path}.compute`, code: error.kind, message: error.message });
      }
    }
  }
  if (faults.length > 0) throw new DomainError('bad-request', 'not deployable', { faults });
};
