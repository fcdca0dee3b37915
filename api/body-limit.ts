import { DomainError } from '../core/shared/domain-error';

/** Bytes of a body: the same in both homes, so that nothing breaks on the way to AWS. */
export const MAX_BODY = 4_000_000;

/** Says that a body is over the limit. */
export const tooLarge = (): DomainError =>
  new DomainError('body-too-large', `a body may have ${MAX_BODY} bytes`);
