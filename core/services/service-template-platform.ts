import { GPU_IMAGE, MODEL_GROUP, MODEL_SUBNETS, SERVER_IMAGE } from './service-template-image';
import { type Json, ref } from './service-template-shape';

/** The output that says which values of the platform are in force: their parameters follow SSM only when the stack is updated. */
export const PLATFORM_OUTPUT = 'Platform';

/** Parameters whose values may change while services run. */
const FOLLOWED = [
  SERVER_IMAGE,
  'ExecutionRole',
  'CaptureRole',
  'ArtifactsBucket',
  'CapturedBucket',
  'CapturedRequests',
  'AlarmTopic',
] as const;

/** Parameters of what a stage need not have, by the names of their values. */
export const OPTIONAL = {
  [GPU_IMAGE]: 'model-server-image-gpu',
  [MODEL_SUBNETS]: 'model-subnets',
  [MODEL_GROUP]: 'model-security-group',
} as const;

export type OptionalParameter = keyof typeof OPTIONAL;

/** Values of the platform by the parameters of services' templates. */
export type PlatformValues = Readonly<
  Partial<Record<(typeof FOLLOWED)[number] | OptionalParameter, string>>
>;

/** The values in one text: none of them has a blank. */
export const platformText = (values: PlatformValues): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

/** Which values of a text of the platform's are other ones in a stack's text, in words; null when none is. */
export const changedValues = (inForce: string, now: string): string | null => {
  const said = new Map(pairs(now));
  const changed = pairs(inForce).flatMap(([name, value]) => {
    const next = said.get(name);
    return next === undefined || next === value ? [] : `${name}=${next}`;
  });
  return changed.length > 0 ? changed.join(' ') : null;
};

const pairs = (text: string): readonly (readonly [string, string])[] =>
  text.split(' ').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });

/** The same text, of the values that a stack has. */
export const platformOutput = (
  more: readonly OptionalParameter[],
): { readonly [name: string]: { Value: Json } } => {
  const names = [...FOLLOWED, ...more];
  const parts = names.flatMap((name, place) => [`${place > 0 ? ' ' : ''}${name}=`, ref(name)]);
  return { [PLATFORM_OUTPUT]: { Value: { 'Fn::Join': ['', parts] } } };
};
