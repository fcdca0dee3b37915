import { DomainError } from '../core/shared/domain-error';
import { problem, toProblem } from './problem';

const faults = Array.from({ length: 25 }, (_, row) => ({ row, code: 'type', message: 'no' }));

describe('a problem', () => {
  it('names the first 20 faults of a request', () => {
    const { body } = problem('invalid-input', 'row 0: no', 'r', { faults });
    expect(body).toMatchObject({
      type: 'urn:tidegate:invalid-input',
      status: 400,
      detail: 'row 0: no',
      request_id: 'r',
      errors: faults.slice(0, 20),
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'row 0: no',
    });
  });

  it('has no list of faults where there are none', () => {
    expect(problem('forbidden', 'no', 'r').body).not.toHaveProperty('errors');
  });

  it.each([
    [undefined, '1'],
    [0, '1'],
    [0.2, '1'],
    [1.5, '2'],
    [3600, '3600'],
  ])('of too many requests says when to try again: %p s as %s', (retryAfterS, header) => {
    for (const kind of ['throttled', 'quota-exceeded', 'unavailable', 'overloaded'] as const) {
      expect(problem(kind, 'later', 'r', { retryAfterS }).headers['retry-after']).toBe(header);
    }
    expect(problem('model-timeout', 'late', 'r', { retryAfterS }).headers).not.toHaveProperty(
      'retry-after',
    );
  });

  it('says how to sign in, and what a path takes', () => {
    const { headers } = problem('missing-credentials', 'give one', 'r');
    expect(headers['www-authenticate']).toBe('Bearer realm="tidegate"');
    const allowed = problem('method-not-allowed', 'GET', 'r', { allow: ['GET', 'POST'] });
    expect(allowed.headers.allow).toBe('GET, POST');
  });

  it('tells nobody but the log what is our fault, or what lies under an error', () => {
    const reported: unknown[] = [];
    const bug = new Error('secret');
    const { status, body } = toProblem(bug, 'r', (...args) => reported.push(args));
    expect([status, JSON.stringify(body).includes('secret')]).toEqual([500, false]);
    const failed = new DomainError('model-error', 'the model failed', { cause: bug });
    const told = toProblem(failed, 'r', (...args) => reported.push(args));
    expect(JSON.stringify(told)).not.toContain('secret');
    expect(reported).toEqual([[bug, 'r']]);
  });
});
