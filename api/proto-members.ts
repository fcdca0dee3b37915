/**
 * Where a value that was parsed from JSON or YAML has a member called `__proto__`. zod leaves such
 * members out of records without a word, so they have to be refused before it looks.
 */
export const protoMembers = (value: unknown): readonly (readonly (string | number)[])[] => {
  const found: (string | number)[][] = [];
  // Anchors of YAML make one object stand in many places, even within itself: each is looked at once.
  const seen = new Set<unknown>();
  const waiting: { readonly part: unknown; readonly path: (string | number)[] }[] = [
    { part: value, path: [] },
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { part, path } = next;
    if (typeof part !== 'object' || part === null || seen.has(part)) continue;
    seen.add(part);
    for (const [name, member] of Object.entries(part)) {
      const place = [...path, Array.isArray(part) ? Number(name) : name];
      if (name === '__proto__') found.push(place);
      waiting.push({ part: member, path: place });
    }
  }
  return found;
};

/** Says why such a member is refused. */
export const PROTO_REFUSED = 'nothing can be called __proto__: choose another name';
