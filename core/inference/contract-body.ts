/** A `dataframe_split` body with the request's `params`, if it has any. */
export const withParams = (
  body: Uint8Array,
  params: Readonly<Record<string, unknown>> | null,
): readonly Uint8Array[] => {
  if (params === null) return [body];
  const end = body.lastIndexOf(0x7d);
  const member = `,"params":${JSON.stringify(params)}}`;
  return [body.subarray(0, end), new TextEncoder().encode(member)];
};
