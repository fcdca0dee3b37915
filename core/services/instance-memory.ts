/** GiB for each vCPU, by the first letters of a family. */
const GIB_PER_VCPU: readonly (readonly [RegExp, number])[] = [
  [/^m[5-8][a-z]*$/, 4],
  [/^c[5-8](?!n)[a-z]*$/, 2],
  [/^r[5-8][a-z]*$/, 8],
  [/^(g4dn|g5|g6)$/, 4],
];
const GIB = 2 ** 30;

/** The memory of an instance type in bytes, where its family is a regular one; else null. */
export const memoryOf = (instanceType: string): number | null => {
  const [, family = '', size = ''] = /^ml\.([a-z0-9]+)\.([a-z0-9]+)$/.exec(instanceType) ?? [];
  const perVcpu = GIB_PER_VCPU.find(([pattern]) => pattern.test(family))?.[1];
  const vcpus = vcpusOf(size);
  return perVcpu === undefined || vcpus === null ? null : perVcpu * vcpus * GIB;
};

const vcpusOf = (size: string): number | null => {
  if (size === 'large') return 2;
  const [, times] = /^(\d*)xlarge$/.exec(size) ?? [];
  return times === undefined ? null : 4 * Number(times || 1);
};
