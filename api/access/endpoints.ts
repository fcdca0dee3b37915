import type { Access } from '../../core/access/access';
import { givenSession, SESSION_COOKIE } from '../../core/access/given-credential';
import { SESSION_LASTS_S } from '../../core/access/sessions';
import { DomainError } from '../../core/shared/domain-error';
import { endpoints, Headed } from '../endpoints';
import { accessContracts } from './contracts';

interface Needs {
  readonly access: Pick<
    Access,
    | 'listKeys'
    | 'createKey'
    | 'rotateKey'
    | 'revokeKey'
    | 'listOperators'
    | 'createOperator'
    | 'rotateOperator'
    | 'deleteOperator'
    | 'sessions'
    | 'admitCaller'
    | 'audit'
  >;
  /** Whether browsers may send the session over TLS only: true wherever the console is served so. */
  readonly secureCookies: boolean;
}

/** Keys, operators, sessions and the audit. */
export const accessEndpoints = ({ access, secureCookies }: Needs) => {
  const cookie = (value: string, maxAgeS: number) => ({
    'set-cookie': [
      `${SESSION_COOKIE}=${value}`,
      'Path=/',
      `Max-Age=${maxAgeS}`,
      'HttpOnly',
      'SameSite=Strict',
      ...(secureCookies ? ['Secure'] : []),
    ].join('; '),
  });

  return endpoints<'access'>(accessContracts, {
    listKeys: async ({ path, query }) => toPage(await access.listKeys(path.service, query)),

    createKey: ({ path, body, operator }) =>
      access.createKey({ ...path, ...body, created_by: operator.name }),

    rotateKey: ({ path: { service, key: id }, headers, body }) =>
      access.rotateKey({ service, id, grace_s: body.grace_s, revision: headers['if-match'] }),

    revokeKey: ({ path: { service, key: id }, headers }) =>
      access.revokeKey({ service, id, revision: headers['if-match'] }),

    getMe: async ({ operator }) => operator,

    createSession: async ({ body, requestId }) => {
      const { operator, session, expires_at } = await access.sessions.begin(body.code);
      await access.audit.append({
        operator: operator.name,
        action: 'createSession',
        resource: '/api/session',
        status: 201,
        request_id: requestId,
      });
      return new Headed({ operator, expires_at }, cookie(session, SESSION_LASTS_S));
    },

    /** @throws `not-found` where no edge has checked a signature */
    admitCaller: async ({ path, caller, requestId }) => {
      if (caller === undefined) {
        throw new DomainError('not-found', 'AWS credentials open the AWS home alone');
      }
      const admitted = await access.admitCaller(caller, path.role);
      await access.audit.append({
        operator: admitted.operator.name,
        action: 'admitCaller',
        resource: `/api/session/${path.role}`,
        status: 201,
        request_id: requestId,
      });
      return admitted;
    },

    endSession: async ({ headers }) => {
      const session = givenSession(headers);
      if (session !== null) await access.sessions.end(session);
      return new Headed(null, cookie('', 0));
    },

    listOperators: async ({ query }) => toPage(await access.listOperators(query)),

    createOperator: ({ body, operator }) =>
      access.createOperator({ ...body, created_by: operator.name }),

    rotateOperator: ({ path, headers }) =>
      access.rotateOperator({ id: path.operator, revision: headers['if-match'] }),

    deleteOperator: async ({ path, headers }) => {
      await access.deleteOperator({ id: path.operator, revision: headers['if-match'] });
      return null;
    },

    listAudit: async ({ query }) => toPage(await access.audit.list(query)),
  });
};

const toPage = <T>({
  items,
  next_cursor,
}: {
  items: readonly T[];
  next_cursor: string | null;
}) => ({
  items: [...items],
  next_cursor,
});
