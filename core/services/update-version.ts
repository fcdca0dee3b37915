import { assertRevision } from '../shared/revisions';
import { assertNotManaged, type ChangeNeeds, changeService } from './change-service';
import { versionOf } from './find-service';
import { countOf, withCount } from './manifest';
import { assertSameOutput, type FindModel, foundModel } from './new-versions';
import type { ServiceVersion } from './service';
import type { ServiceDocument } from './service-document';

interface Needs extends ChangeNeeds {
  readonly findModel: FindModel;
}

/** What is left out stays. */
export type VersionPatch = Partial<
  Pick<ServiceVersion, 'description' | 'model' | 'compute' | 'environment'>
>;

interface Input {
  readonly service: string;
  readonly version: string;
  readonly patch: VersionPatch;
  readonly revision?: number | undefined;
}

/** How many instances there are is the operators', also where a manifest says the rest. */
const changesCountOnly = (
  { compute, ...rest }: VersionPatch,
  { compute: current }: ServiceVersion,
): boolean =>
  compute !== undefined &&
  Object.values(rest).every((value) => value === undefined) &&
  JSON.stringify(withCount(current, countOf(compute))) === JSON.stringify(compute);

/**
 * Changes a version; another model takes over under the same name.
 * @throws `version-not-found`, `not-found` the model, `incompatible-signature`,
 * `managed-by-manifest` for anything but the count of instances, `revision-conflict`
 */
export const updateVersion = ({ findModel, ...needs }: Needs) => {
  const change = changeService(needs);
  return ({ service, version: name, patch, revision }: Input): Promise<ServiceDocument> =>
    change(service, async (document) => {
      const version = versionOf(document, name);
      assertRevision(version, revision);
      if (!changesCountOnly(patch, version)) assertNotManaged(document);
      if (patch.model) {
        const others = document.versions.filter((other) => other !== version);
        await assertSameOutput(findModel, await foundModel(findModel, patch.model), others);
      }
      const versions = document.versions.map((other) =>
        other === version ? { ...version, ...patch } : other,
      );
      return { ...document, versions };
    });
};
