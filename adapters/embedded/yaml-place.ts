import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node } from 'yaml';

interface Found {
  readonly node: Node | null;
  readonly offset: number;
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

const isKey = (key: unknown, step: string | number): boolean =>
  String(isScalar(key) ? key.value : key) === String(step);

const stepInto = (
  document: Document,
  { node }: Found,
  step: string | number,
): Found | undefined => {
  const inside = isAlias(node) ? node.resolve(document) : node;
  if (isMap(inside)) {
    const pair = inside.items.find(({ key }) => isKey(key, step));
    if (!pair) return;
    // A scalar is shown itself; what spans lines is shown by its key.
    const shown = isScalar(pair.value) && pair.value.value !== null ? pair.value : pair.key;
    return { node: isNode(pair.value) ? pair.value : null, offset: startOf(shown) ?? 0 };
  }
  if (!isSeq(inside)) return;
  const item = inside.items[Number(step)];
  return isNode(item) ? { node: item, offset: startOf(item) ?? 0 } : undefined;
};

/** Where a path of keys and positions lies in a YAML text, or as much of it as is there. */
export const offsetOf = (document: Document, path: readonly (string | number)[]): number => {
  const { contents } = document;
  let found: Found = { node: isNode(contents) ? contents : null, offset: startOf(contents) ?? 0 };
  for (const step of path) {
    const next = stepInto(document, found, step);
    if (!next) break;
    found = next;
  }
  return found.offset;
};
