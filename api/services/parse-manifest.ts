import type * as z from 'zod';
import { PROTO_REFUSED, protoMembers } from '../proto-members';
import { ManifestSchema } from './manifest';

/** A manifest as its file says it, every default filled in. */
export type SaidManifest = z.output<typeof ManifestSchema>;

/** Something wrong with a manifest, and where. */
export interface Flaw {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Parsed =
  | { readonly manifest: SaidManifest; readonly flaws: null }
  | { readonly manifest: null; readonly flaws: readonly Flaw[] };

const flawsOf = (issue: z.core.$ZodIssue): Flaw[] => {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'no such field' }));
  }
  if (issue.code === 'invalid_key') {
    return [{ path, message: issue.issues[0]?.message ?? issue.message }];
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ path, message: missing ? 'is missing' : issue.message }];
};

/** Checks what a manifest says: all of its flaws at once. */
export const parseManifest = (value: unknown): Parsed => {
  const unnameable = protoMembers(value).map((path) => ({ path, message: PROTO_REFUSED }));
  const { data, error } = ManifestSchema.safeParse(value);
  const others = (error?.issues ?? []).flatMap(flawsOf);
  const flaws = [...unnameable, ...others.filter(({ path }) => path.at(-1) !== '__proto__')];
  return data && flaws.length === 0 ? { manifest: data, flaws: null } : { manifest: null, flaws };
};
