/** What a call of Athena answers instead of its output: an error of the SDK's, by name. */
export class Refusal extends Error {
  readonly code: string;
  readonly detail: Readonly<Record<string, string>>;
  constructor(
    message: string,
    code = 'InvalidRequestException',
    detail: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

/** A statement that Athena's parser does not take. */
export const malformed = (message: string): Refusal =>
  new Refusal(message, 'InvalidRequestException', { AthenaErrorCode: 'MALFORMED_QUERY' });
