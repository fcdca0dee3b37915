import { isDomainError } from '../core/shared/domain-error';
import { loadOnnxModel } from './onnx-model';
import { describePackage } from './package-reader';
import { replay } from './replay';
import { reasonOf } from './unservable';
import type { PackageOutcome, PackageTask } from './worker-protocol';

/** Does the one task that a parent process sends. */
export const answerPackageTasks = (self: Pick<NodeJS.Process, 'once' | 'send' | 'disconnect'>) => {
  self.once('message', (task: PackageTask) => {
    self.send?.(outcomeOf(task), undefined, undefined, () => self.disconnect?.());
  });
};

const outcomeOf = (task: PackageTask): PackageOutcome => {
  try {
    return { type: 'done', value: done(task) };
  } catch (error) {
    const reason = reasonOf(error, task.folder);
    return { type: isDomainError(error) ? 'refused' : 'broken', reason };
  }
};

const done = (task: PackageTask): unknown => {
  if (task.type === 'inspect') return describePackage(task.folder);
  const model = loadOnnxModel(task.folder, task.signature);
  return replay(model, task.signature, task.expected);
};
