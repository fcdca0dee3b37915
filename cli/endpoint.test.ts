import { checkedEndpoint, filledPath, isLocal, isSameHome } from './endpoint';

describe('an endpoint', () => {
  it.each([
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
    [
      'https://x.execute-api.eu-west-1.amazonaws.com/prod/',
      'https://x.execute-api.eu-west-1.amazonaws.com/prod',
    ],
  ])('%s is %s', (text, endpoint) => {
    expect(checkedEndpoint(text)).toBe(endpoint);
  });

  it.each(['', '127.0.0.1:8080', 'file:///etc', 'ftp://host'])('is not %j', (text) => {
    expect(() => checkedEndpoint(text)).toThrow(/endpoint/);
  });

  it('may hold no password, which is not repeated', () => {
    const check = () => checkedEndpoint('http://ada:hunter2@host');
    expect(check).toThrow('must not hold a user or password');
    expect(check).not.toThrow(/hunter2/);
  });

  it.each([
    ['http://127.0.0.1:8080', 'http://localhost:9090', true],
    ['http://127.0.0.1:8080', 'http://[::1]:8080', true],
    ['https://a.example/prod', 'https://a.example/test', true],
    ['http://127.0.0.1:8080', 'https://a.example', false],
    ['https://a.example', 'https://a.example.evil', false],
    ['nonsense', 'https://a.example', false],
  ])('credentials of %s may go to %s: %s', (made, asked, may) => {
    expect(isSameHome(made, asked)).toBe(may);
  });

  it('is local on loopback only', () => {
    expect(isLocal('http://127.0.0.1:8080')).toBe(true);
    expect(isLocal('http://127.0.0.1.evil.example')).toBe(false);
  });
});

describe('a path', () => {
  it('takes names as one step each', () => {
    const path = filledPath('/api/services/{service}/keys/{key}', {
      service: 'wine',
      key: 'a/b?c',
    });
    expect(path).toBe('/api/services/wine/keys/a%2Fb%3Fc');
  });

  it.each(['', '.', '..'])('is not changed by the name %j', (service) => {
    expect(() => filledPath('/api/services/{service}', { service })).toThrow('is no name');
  });
});
