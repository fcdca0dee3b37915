import { PLAN_METADATA, PLAN_OUTPUT, type ServiceTemplate } from './service-template';
import { templateDigest } from './service-template-digest';
import { LOGS } from './service-template-endpoints';
import { type Digest, generationPart } from './service-template-names';
import type { Json, PlannedVersion, Template } from './service-template-shape';

interface Beside {
  /** The template that is in force. */
  readonly current: Template;
  /** Versions of it that go on as they are, because they still answer. */
  readonly kept: readonly PlannedVersion[];
  /** Those that go, while what they have printed stays to be read. */
  readonly logged: readonly PlannedVersion[];
}

/**
 * A service's template with parts of the one in force beside its own, to the letter, so that
 * CloudFormation does not touch them.
 */
export const templateBeside =
  (digest: Digest) =>
  (made: ServiceTemplate, { current, kept, logged }: Beside): ServiceTemplate => {
    const ends = kept.map(({ name, endpoint }) => generationPart(name, endpoint));
    const groups = logged.map(({ name, endpoint }) => `${LOGS}${generationPart(name, endpoint)}`);
    const isOurs = (id: string): boolean =>
      ends.some((end) => id.endsWith(end)) || groups.includes(id);
    const resources = picked(current.Resources, isOurs);
    const own = made.template;
    const named = new Set(refsIn(resources));
    const parameters = picked(
      current.Parameters,
      (name) => named.has(name) && !Object.hasOwn(own.Parameters, name),
    );
    const parts = {
      Metadata: { [PLAN_METADATA]: saidBy(own.Metadata, current.Metadata, kept) },
      Conditions: own.Conditions,
      Resources: { ...own.Resources, ...resources },
    };
    const digits = templateDigest(digest, parts);
    return {
      template: {
        ...parts,
        Parameters: { ...own.Parameters, ...parameters },
        Outputs: { ...own.Outputs, [PLAN_OUTPUT]: { Value: digits } },
      },
      parameters: made.parameters,
      previous: Object.keys(parameters),
      digest: digits,
      versions: [...made.versions, ...kept],
    };
  };

/** In the order of their names: who reads a template gets them in some order. */
const picked = <T>(
  from: Readonly<Record<string, T>>,
  isPicked: (name: string) => boolean,
): Readonly<Record<string, T>> =>
  Object.fromEntries(
    Object.entries(from)
      .filter(([name]) => isPicked(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

interface Said {
  readonly versions: readonly SaidVersion[];
}
type SaidVersion = { readonly name: string; readonly endpoint: string } & {
  readonly [name: string]: Json;
};

/** What a template says of itself: nothing, where it is not of ours. */
const planIn = (metadata: Template['Metadata']): Said =>
  (metadata[PLAN_METADATA] ?? { versions: [] }) as Said & Json;

const saidBy = (
  own: Template['Metadata'],
  current: Template['Metadata'],
  kept: readonly PlannedVersion[],
): Json => {
  const isKept = ({ endpoint }: SaidVersion) => kept.some((one) => one.endpoint === endpoint);
  const plan = planIn(own);
  const versions = [...plan.versions, ...planIn(current).versions.filter(isKept)];
  return { ...plan, versions: versions.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)) };
};

/** As in the template of a plan that has them all; no name has a blank. */
const placeOf = ({ name, endpoint }: SaidVersion): string => `${name} ${endpoint}`;

/** Names of what is referred to. */
const refsIn = (json: unknown): readonly string[] => {
  if (typeof json !== 'object' || json === null) return [];
  if ('Ref' in json && typeof json.Ref === 'string') return [json.Ref];
  return Object.values(json).flatMap(refsIn);
};
