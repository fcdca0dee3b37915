import { randomUUID } from 'node:crypto';
import {
  CreateStateMachineCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describePython } from '../../../infra-tests/support/python';
import { newId, now } from '../../primitives';
import { clientOf, type MiniStack, startMiniStack } from '../testing/ministack';
import { tableRuns } from './table-runs';

const COUNTS = { requests: 1, rows: 2, errors: 3, labels: 4 };
const reports = [{ service: 'wine', kind: 'erase', done: { ...COUNTS, labelled: 0 } }];
/** What the state machine of an account would have come to, or that it goes on. */
const machines = {
  succeeds: { Type: 'Pass', Output: { reports }, End: true },
  fails: { Type: 'Fail', Error: 'TablesFailed', Cause: 'wine: no column' },
  waits: { Type: 'Wait', Seconds: 600, End: true },
};
const refresh = { kind: 'refresh', service: 'wine', from: '2026-01-01', to: '2026-01-02' } as const;
const erasure = { kind: 'erasure', service: 'wine', what: { client_request_ids: ['a'] } } as const;

describePython('runs of the state machine', (python) => {
  let emulator: MiniStack;
  let sfn: SFNClient;
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    sfn = new SFNClient(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    sfn.destroy();
    await emulator.stop();
  });

  const open = async (kind: keyof typeof machines, idOf = newId) => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'One',
      States: { One: machines[kind] },
    };
    const { stateMachineArn: machine = '' } = await sfn.send(
      new CreateStateMachineCommand({
        name: randomUUID(),
        roleArn: 'arn:aws:iam::000000000000:role/any',
        definition: JSON.stringify(definition),
      }),
    );
    const executionOf = (id: string) => `${machine.replace(':stateMachine:', ':execution:')}:${id}`;
    return { ...tableRuns({ sfn, machine, newId: idOf, now }), machine, executionOf };
  };

  it('say what an erasure came to', async () => {
    const { startRun, runState } = await open('succeeds');
    const id = await startRun(erasure);
    expect(await runState(id, 20_000)).toEqual({
      ...{ kind: 'erasure', service: 'wine', status: 'succeeded', counts: COUNTS },
    });
  });

  it('are begun once when the answer to their start is lost, and it is sent again', async () => {
    const { startRun, runState, machine } = await open('succeeds', () => 'one');
    const ids = [await startRun(erasure), await startRun(erasure)];
    expect(await runState('one', 20_000)).toMatchObject({ status: 'succeeded' });
    const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: machine }));
    expect([ids, executions?.length]).toEqual([['one', 'one'], 1]);
  });

  it('say why one failed, whoever asks', async () => {
    const { startRun, runState } = await open('fails');
    const id = await startRun(refresh);
    const failed = { kind: 'refresh', service: 'wine', status: 'failed' };
    for (let asked = 0; asked < 2; asked += 1) {
      expect(await runState(id, 20_000)).toMatchObject({
        ...failed,
        error: { kind: 'unavailable', message: expect.stringContaining('wine: no column') },
      });
    }
  });

  it('go on when nobody waits, and fail when somebody ends them', async () => {
    const { startRun, runState, executionOf } = await open('waits');
    const id = await startRun(refresh);
    expect(await runState(id, 300)).toMatchObject({ status: 'running' });
    await sfn.send(new StopExecutionCommand({ executionArn: executionOf(id) }));
    expect(await runState(id, 20_000)).toMatchObject({ status: 'failed' });
  });

  it('are known to whoever asked for them alone', async () => {
    const { runState, machine } = await open('succeeds');
    const name = newId();
    const input = JSON.stringify({ kind: 'tick' });
    await sfn.send(new StartExecutionCommand({ stateMachineArn: machine, name, input }));
    expect(await runState(name, 20_000)).toBeUndefined();
    expect(await runState(newId(), 100)).toBeUndefined();
  });

  it('see each other while they run, and ticks among them', async () => {
    const { startRun, running, isRunning, isTickRunning, executionOf, machine } =
      await open('waits');
    const id = await startRun(refresh);
    const [one, ...others] = await running();
    expect([one?.execution, others]).toEqual([executionOf(id), []]);
    expect(Math.abs((one?.started.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await isTickRunning('another')).toBe(false);
    const tick = { stateMachineArn: machine, input: JSON.stringify({ kind: 'tick' }) };
    const { executionArn = '' } = await sfn.send(new StartExecutionCommand(tick));
    expect(await isTickRunning('another')).toBe(true);
    expect(await isTickRunning(executionArn)).toBe(false);
    await sfn.send(new StopExecutionCommand({ executionArn }));
    expect(await isTickRunning('another')).toBe(false);
    expect(await isRunning(id)).toBe(true);
    await sfn.send(new StopExecutionCommand({ executionArn: executionOf(id) }));
    expect(await running()).toEqual([]);
    expect([await isRunning(id), await isRunning(newId())]).toEqual([false, true]);
  });
});
