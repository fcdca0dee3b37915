import type { AskedPackage, PackageIntake } from '../../core/models/package-intake';
import {
  DomainError,
  type ErrorKind,
  type Fault,
  isDomainError,
} from '../../core/shared/domain-error';
import type { UploadPlace } from './s3-uploads';

/** All that the function `intake` does. */
export interface Intake extends PackageIntake {
  createUpload(): Promise<UploadPlace>;
}

/** What it is asked. */
export type IntakeCall =
  | { readonly take: AskedPackage }
  | { readonly settle: AskedPackage; readonly digest: string }
  | { readonly remove: string }
  | { readonly createUpload: true };

/** What it answers: what was asked for, or a `DomainError` as data. */
export type IntakeAnswer = { readonly done: unknown } | { readonly refused: Refusal };

interface Refusal {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly faults: readonly Fault[];
  readonly retryAfterS?: number | undefined;
}

/** Answers a call. @throws what is no `DomainError`: a fault of ours */
export const answerCall = async (intake: Intake, call: IntakeCall): Promise<IntakeAnswer> => {
  try {
    return { done: (await performed(intake, call)) ?? null };
  } catch (error) {
    if (!isDomainError(error)) throw error;
    const { kind, message, faults, retryAfterS } = error;
    return { refused: { kind, message, faults, retryAfterS } };
  }
};

const performed = (intake: Intake, call: IntakeCall): Promise<unknown> => {
  if ('take' in call) return intake.take(call.take);
  if ('settle' in call) return intake.settle(call.settle, call.digest);
  if ('remove' in call) return intake.remove(call.remove);
  return intake.createUpload();
};

/** What was asked for. @throws the `DomainError` that was answered */
export const doneOf = (answer: IntakeAnswer): unknown => {
  if (!('refused' in answer)) return answer.done;
  const { kind, message, faults, retryAfterS } = answer.refused;
  throw new DomainError(kind, message, { faults, ...(retryAfterS && { retryAfterS }) });
};
