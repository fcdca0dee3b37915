/** A refusal that a caller of SageMaker gets: its error code, message and HTTP status. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(message: string, code = 'ValidationException', status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
