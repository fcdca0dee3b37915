import type { Answered, Asker } from './waiting-deployment';

/** Tells CloudFormation what became of a resource. @throws when it did not take the answer */
export const answerStack = async (
  { ResponseURL, StackId, RequestId, LogicalResourceId }: Asker,
  outcome: Answered,
): Promise<void> => {
  const PhysicalResourceId = LogicalResourceId;
  const answer = { ...outcome, StackId, RequestId, LogicalResourceId, PhysicalResourceId };
  // As bytes: the address is signed for no content type.
  const body = new TextEncoder().encode(JSON.stringify(answer));
  const { ok, status } = await fetch(ResponseURL, { method: 'PUT', body });
  if (!ok) throw new Error(`CloudFormation was not told: ${status}`);
};
