import type { ServiceTemplate } from '../../../core/services/service-template';
import { isNamed } from './error-name';
import { isMoved, type StackStep, type StackView } from './next-stack-step';
import type { StackCalls } from './stack-calls';

/** What came of asking: somebody may have been faster, or CloudFormation refuse it. */
type Taken = 'begun' | 'overtaken' | { readonly refusal: string };

/** Asks for the next thing. */
export const takeStackStep = async (
  stacks: StackCalls,
  step: StackStep,
  service: string,
  made: ServiceTemplate,
  stack: StackView | null,
): Promise<Taken> => {
  // Between the look and now others were asked: what somebody else brought about is not written over.
  if (isMoved(stack, await stacks.describe(service))) return 'overtaken';
  try {
    if (!stack) await stacks.create(service, made);
    else if (step === 'update') await stacks.update(stack, made);
    else if (step === 'stop') await stacks.stop(stack);
    else if (step === 'delete') await stacks.remove(stack);
    else if (step === 'continue-rollback') await stacks.continueRollback(stack);
    return 'begun';
  } catch (error) {
    if (isNamed(error, 'AlreadyExistsException')) return 'overtaken';
    if (!isNamed(error, 'ValidationError') || !(error instanceof Error)) throw error;
    // A new stack is not there before it is made: what refuses it is not another's.
    if (stack !== null && isMoved(stack, await stacks.describe(service))) return 'overtaken';
    return { refusal: `AWS refuses it: ${error.message}` };
  }
};
