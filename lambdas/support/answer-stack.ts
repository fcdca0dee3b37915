import type { Answered, Asker } from './waiting-deployment';

/** What CloudFormation takes. */
const MOST_BYTES = 4_096;
const REST = '… (cut: tidegate events of the service, or the log of the function, has all of it)';

const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;

/** As much of a text as has so many bytes in JSON, by whole characters. */
const cut = (text: string, most: number): string => {
  let kept = '';
  let left = most - (bytesOf(REST) - 2);
  for (const character of text) {
    left -= bytesOf(character) - 2;
    if (left < 0) break;
    kept += character;
  }
  return kept + REST;
};

/** Tells CloudFormation what became of a resource. @throws when it did not take the answer */
export const answerStack = async (
  { ResponseURL, StackId, RequestId, LogicalResourceId }: Asker,
  { Status, Reason }: Answered,
): Promise<void> => {
  const PhysicalResourceId = LogicalResourceId;
  const about = { Status, StackId, RequestId, LogicalResourceId, PhysicalResourceId };
  const whole = { ...about, Reason };
  // Of a longer one CloudFormation would hear nothing, and wait.
  const room = MOST_BYTES - bytesOf({ ...about, Reason: '' });
  const answer = bytesOf(whole) > MOST_BYTES ? { ...about, Reason: cut(Reason, room) } : whole;
  // As bytes: the address is signed for no content type.
  const body = new TextEncoder().encode(JSON.stringify(answer));
  const { ok, status } = await fetch(ResponseURL, { method: 'PUT', body });
  if (!ok) throw new Error(`CloudFormation was not told: ${status}`);
};
