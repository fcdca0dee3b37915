import type { VersionPlan } from '../inference/model-host';

type Named = Pick<VersionPlan, 'model' | 'environment'>;

/** What a version says of its container's environment, over what its image is registered with; by name. */
export const saidEnvironment = ({ model, environment }: Named): readonly [string, string][] =>
  Object.entries({ ...model.container?.environment, ...environment }).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );

/** The variables of a version's container: none of its own stands in for ours. */
export const environmentOf = (version: Named): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(saidEnvironment(version)),
  TIDEGATE_MODEL: version.model.model,
  TIDEGATE_DIGEST: version.model.digest,
});
