import { corsHeaders, preflight } from './cors';

const service = { cors_origins: ['https://shop.example'] };

describe('callers in browsers', () => {
  it('lets pages of named origins read answers, and no others', () => {
    expect(corsHeaders(service, 'https://shop.example')).toContain('https://shop.example');
    for (const origin of ['https://evil.example', 'https://shop.example.evil', 'null', undefined]) {
      expect(corsHeaders(service, origin)).toEqual([]);
    }
    expect(corsHeaders({ cors_origins: [] }, 'https://shop.example')).toEqual([]);
  });

  it('answers a preflight of a named origin, and tells others nothing', () => {
    expect(preflight(service, 'https://shop.example', 'POST')).toMatchObject({ status: 204 });
    expect(preflight(service, 'https://evil.example', 'POST')).toBeNull();
    expect(preflight(undefined, 'https://shop.example', 'POST')).toBeNull();
  });
});
