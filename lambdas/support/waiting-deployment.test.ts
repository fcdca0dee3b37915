import type { Outcome } from '../../adapters/aws/sagemaker-host/sagemaker-host';
import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { type Answered, type Asker, waitingDeployment } from './waiting-deployment';

const asker = (RequestId: string): Asker => ({
  ...{ ResponseURL: 'https://bucket/answer', StackId: 'stack', RequestId },
  LogicalResourceId: 'Packages',
});

const open = () => {
  let at = Date.parse('2026-11-21T12:00:00Z');
  const now = () => new Date(at);
  const store = sqliteRecordStore(':memory:', { now });
  const outcomes = new Map<string, Outcome>();
  const applied = new Set<string>();
  const stopped = new Set<string>();
  const answers: (readonly [string, Answered])[] = [];
  let isDeaf = false;
  const deployment = waitingDeployment({
    ...{ store, now },
    names: async () => [...outcomes.keys()],
    runs: async (name) => !stopped.has(name),
    isApplied: async (name) => applied.has(name),
    outcome: async (name) => outcomes.get(name) ?? 'none',
    answer: async ({ RequestId }, answered) => {
      if (isDeaf) throw new Error('not told');
      answers.push([RequestId, answered]);
    },
  });
  return {
    ...{ deployment, outcomes, applied, stopped, answers },
    look: () => deployment.look(0),
    deaf: (is: boolean) => {
      isDeaf = is;
    },
    passes: (minutes: number) => {
      at += minutes * 60_000;
    },
  };
};
const done = { Status: 'SUCCESS', Reason: '' };

describe('a deployment of a manifest', () => {
  it('goes on at once where no service runs yet, or none has a stack', async () => {
    const { deployment, look, outcomes, stopped, answers } = open();
    await look();
    expect(answers).toEqual([]);
    outcomes.set('new', 'none').set('held', 'under-way');
    stopped.add('held');
    await deployment.begin(asker('r1'));
    await look();
    await look();
    expect(answers).toEqual([['r1', done]]);
  });

  it('waits until what runs is what the manifest says, and this was seen to since', async () => {
    const { deployment, look, outcomes, applied, answers } = open();
    await deployment.begin(asker('r1'));
    // As it was before: nobody has looked at what is wanted now.
    outcomes.set('wine', 'in-force');
    await look();
    applied.add('wine');
    outcomes.set('wine', 'under-way');
    await look();
    expect(answers).toEqual([]);
    outcomes.set('wine', 'in-force');
    await look();
    expect(answers).toEqual([['r1', done]]);
  });

  it('fails with the reason where what runs has to stay, or when it takes too long', async () => {
    const { deployment, look, outcomes, applied, answers, passes } = open();
    outcomes.set('wine', { refusal: 'v1: its answers are not the expected ones' });
    await deployment.begin(asker('r1'));
    // The reason of an older wish.
    await look();
    expect(answers).toEqual([]);
    applied.add('wine');
    await look();
    const Reason = 'wine stays as it was: v1: its answers are not the expected ones';
    expect(answers).toEqual([['r1', { Status: 'FAILED', Reason }]]);
    await deployment.begin(asker('r2'));
    outcomes.set('wine', 'under-way');
    passes(54);
    await look();
    expect(answers).toHaveLength(1);
    passes(1.5);
    await look();
    expect(answers[1]).toEqual([
      'r2',
      { Status: 'FAILED', Reason: expect.stringMatching(/^wine is not yet/) },
    ]);
  });

  it('is told again when CloudFormation did not hear, and the newest alone', async () => {
    const { deployment, look, answers, deaf } = open();
    await Promise.all([deployment.begin(asker('r1')), deployment.begin(asker('r1'))]);
    await deployment.begin(asker('r2'));
    deaf(true);
    await expect(look()).rejects.toThrow('not told');
    deaf(false);
    await look();
    await look();
    expect(answers).toEqual([['r2', done]]);
  });
});
