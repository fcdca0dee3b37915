/**
 * Takes the place of the SDK's event streams in bundles of functions: no operation that they call has
 * one, and each client carries the whole of them.
 * @throws whenever one is asked for
 */
export function EventStreamSerde(): never {
  throw new Error('bundles of functions have no event streams: see bin/bundle-function.mjs');
}

export const eventStreamSerdeProvider = (): undefined => undefined;

export const resolveEventStreamSerdeConfig = <T>(config: T): T => config;
