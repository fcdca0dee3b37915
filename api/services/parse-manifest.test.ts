import { parseDocument } from 'yaml';
import { parseManifest } from './parse-manifest';

const flawsIn = (text: string) =>
  parseManifest(parseDocument(text).toJS({ maxAliasCount: 100 })).flaws?.map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

const refused = 'nothing can be called __proto__: choose another name';

describe('what a manifest says', () => {
  it('fills in every default', () => {
    const { manifest } = parseManifest({
      services: { wine: { versions: { v1: { model: './m' } } } },
    });
    expect(manifest?.services.wine).toMatchObject({
      kind: 'ml',
      auth: true,
      throttle: { rate: 100, burst: 200, quota: null },
      keys: [],
      versions: { v1: { environment: {} } },
    });
  });

  it.each([
    ['services.__proto__', 'services: { __proto__: { auth: false } }'],
    [
      'services.wine.versions.__proto__',
      'services: { wine: { versions: { __proto__: { model: ./m } } } }',
    ],
    [
      'services.wine.capture.columns.__proto__',
      'services: { wine: { capture: { columns: { __proto__: hash } } } }',
    ],
    ['services.wine.__proto__', 'services: { wine: { __proto__: { auth: false } } }'],
    ['__proto__', '__proto__: { services: {} }'],
  ])('has no member %s, which would be left out without a word', (place, text) => {
    expect(flawsIn(text)).toEqual([`${place}: ${refused}`]);
  });

  it('is told all its flaws at once, also those of names that cannot be', () => {
    expect(
      flawsIn('services: { __proto__: {}, Wine: {}, labels: {}, beer: { auht: false } }'),
    ).toEqual([
      `services.__proto__: ${refused}`,
      'services.Wine: lower-case letters, digits and hyphens, 2–32',
      'services.beer.auht: no such field',
    ]);
  });

  it('names its keys as the API does', () => {
    expect(flawsIn('services: { wine: { keys: [ci, "My key"] } }')).toEqual([
      'services.wine.keys.1: lower-case letters, digits and hyphens, 2–32',
    ]);
  });

  it('may repeat itself through anchors, even within itself', () => {
    expect(flawsIn('services: &s { wine: &w { auth: false }, beer: *w }')).toBeUndefined();
    expect(flawsIn('services: &s { wine: *s }')).toEqual(['services.wine.wine: no such field']);
  });
});
