import type { Stamps } from '../shared/stored';
import type { Throttle } from './rate-limiter';

/** What a key lets its holder do. */
export type Scope = 'predict' | 'labels';

/** A key of one service. The key itself is shown once and kept as a digest only. */
export interface ApiKey extends Stamps {
  readonly id: string;
  readonly service: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly status: 'active' | 'revoked';
  readonly throttle: Throttle | null;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

/** What an operator may do, each more than the one before. */
export type OperatorRole = 'viewer' | 'editor' | 'admin';

/** A person or pipeline that uses the control API. */
export interface Operator {
  readonly id: string;
  readonly name: string;
  readonly role: OperatorRole;
  /** May see bodies, run SQL and export rows. */
  readonly data: boolean;
}

/** Headers that may carry a credential, names in lower case. */
export interface CredentialHeaders {
  readonly authorization?: string | undefined;
  readonly 'x-api-key'?: string | undefined;
  readonly cookie?: string | undefined;
}

/** Who calls a service. */
export interface ServiceCaller {
  /** Key id, `operator/<id>` or `anonymous`. */
  readonly requester: string;
  readonly keyId: string | null;
  readonly throttle: Throttle | null;
}

/** One thing somebody did, for the audit. */
export interface AuditEntry {
  readonly id: string;
  readonly time: string;
  readonly operator: string;
  /** The route's name: `setTraffic`. */
  readonly action: string;
  /** What it was done to: `/api/services/wine/traffic`. */
  readonly resource: string;
  /** What was asked for, such as a statement, where a route says so. */
  readonly detail?: string;
  readonly status: number;
  readonly request_id: string;
}
