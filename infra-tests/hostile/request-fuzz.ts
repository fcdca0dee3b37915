import fc from 'fast-check';
import { spoilt } from './fuzz-bytes';
import { bentFrame } from './fuzz-frames';
import { tensors } from './fuzz-tensors';
import { csvText, jsonText } from './fuzz-texts';
import { seldom } from './seldom';
import type { Columns, Sent } from './validity-oracle';

const contentType = (own: string | undefined, other: string) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant(own) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        ...[other, 'application/json', 'APPLICATION/JSON', 'text/csv ; charset = "UTF-8"'],
        ...['application/json;charset=utf-8', 'application/json; charset=latin1', 'text/plain'],
        ...['application/json; charset=utf-16', 'multipart/form-data; boundary=x', 'json', '*/*'],
        ...['application/json, text/csv', 'application/json;', 'application/x-www-form-urlencoded'],
      ),
    },
  );

const headersWith = (type: fc.Arbitrary<string | undefined>) =>
  fc
    .tuple(
      type,
      seldom(20, fc.constantFrom('gzip', 'identity', 'br', 'x')),
      seldom(6, fc.constantFrom('mine', 'é', 'x'.repeat(256), 'x'.repeat(257), '~ !')),
    )
    .map(([media, encoding, id]) => ({
      ...(media !== undefined && { 'content-type': media }),
      ...(encoding !== null && { 'content-encoding': encoding }),
      ...(id !== null && { 'x-client-request-id': id }),
    }));

const route = fc.constantFrom<Sent['route'][]>('predict', 'predict', 'predict', 'compare');

/** What a request is written in. */
export type Kind = 'split' | 'json' | 'csv' | 'protocol';

/** Requests to a model of these columns, many of them as they should be. */
export const requestsOf = (kind: Kind, columns: Columns): fc.Arbitrary<Sent> => {
  const bent = bentFrame(columns);
  if (kind === 'protocol') {
    const headers = headersWith(contentType(undefined, 'application/octet-stream'));
    return fc.tuple(tensors(bent), headers).chain(([made, others]) =>
      spoilt(fc.constant(made.body)).map((body) => ({
        route: 'infer' as const,
        headers: { ...others, ...made.headers },
        body,
      })),
    );
  }
  const isCsv = kind === 'csv';
  const texts = isCsv
    ? csvText(bent)
    : jsonText(bent, kind === 'split' ? ['dataframe_split'] : undefined);
  return fc.record({
    route,
    headers: headersWith(
      isCsv
        ? contentType('text/csv', 'text/tab-separated-values')
        : contentType(undefined, 'text/csv'),
    ),
    body: spoilt(texts.map((text) => Buffer.from(text))),
  });
};
