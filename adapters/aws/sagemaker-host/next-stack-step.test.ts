import {
  hasFailed,
  keyOf,
  nextStackStep,
  type StackView,
  type WantedStack,
} from './next-stack-step';

const stack = (status: string, about: Partial<StackView> = {}): StackView => ({
  id: 'arn:stack/1',
  status,
  changedAt: '2026-01-01T00:00:02.000Z',
  plan: 'old',
  platform: 'ServerImage=1',
  stopped: false,
  parameters: ['Status'],
  ...about,
});
const wanted: WantedStack = { plan: 'new', platform: null, stopped: false, isNeeded: true };
const stopped: WantedStack = { plan: 'new', platform: null, stopped: true, isNeeded: false };
const next = (status: string, about: Partial<StackView> = {}, wish = wanted, failed = '') =>
  nextStackStep(stack(status, about), wish, failed);

describe('the next step of a stack', () => {
  it('makes one when something shall run, unless that very wish has failed', () => {
    expect(nextStackStep(null, wanted, null)).toBe('create');
    expect(nextStackStep(null, wanted, 'old')).toBe('create');
    expect(nextStackStep(null, wanted, 'new')).toBe('none');
    expect(nextStackStep(null, stopped, null)).toBe('none');
  });

  it('waits while anything is in progress', () => {
    for (const status of [
      'CREATE_IN_PROGRESS',
      'ROLLBACK_IN_PROGRESS',
      'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
      'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
      'DELETE_IN_PROGRESS',
      'REVIEW_IN_PROGRESS',
    ]) {
      expect(next(status)).toBe('wait');
    }
  });

  it('brings a complete stack to what is wanted, once', () => {
    for (const status of ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE']) {
      expect(next(status)).toBe('update');
      expect(next(status, { plan: 'new' })).toBe('none');
      expect(next(status, {}, wanted, 'new')).toBe('none');
    }
  });

  it('brings it other values of the platform, once', () => {
    const moved = { ...wanted, platform: 'ServerImage=2' };
    expect(next('UPDATE_COMPLETE', { plan: 'new' }, moved)).toBe('update');
    expect(next('UPDATE_COMPLETE', { plan: 'new' }, moved, keyOf(moved))).toBe('none');
    // What failed with them is no failure of the plan.
    expect(next('UPDATE_COMPLETE', {}, wanted, keyOf(moved))).toBe('update');
    expect(
      next('UPDATE_COMPLETE', { stopped: true }, { ...stopped, ...moved, stopped: true }),
    ).toBe('none');
  });

  it('holds back and lets go, whatever the template', () => {
    expect(next('UPDATE_COMPLETE', {}, stopped)).toBe('stop');
    expect(next('UPDATE_COMPLETE', {}, stopped, 'new')).toBe('stop');
    expect(next('UPDATE_COMPLETE', { stopped: true }, stopped)).toBe('none');
    expect(next('UPDATE_COMPLETE', { plan: 'new', stopped: true })).toBe('update');
  });

  it('replaces a stack that nothing can be made of, and rescues one that is stuck', () => {
    for (const status of [
      'ROLLBACK_COMPLETE',
      'ROLLBACK_FAILED',
      'CREATE_FAILED',
      'DELETE_FAILED',
    ]) {
      expect(next(status)).toBe('delete');
      // Also when the wish is hopeless: the next one needs the name.
      expect(next(status, {}, wanted, 'new')).toBe('delete');
    }
    expect(next('UPDATE_ROLLBACK_FAILED')).toBe('continue-rollback');
  });

  it('takes a failure for that of the wish only when it was asked for and begun', () => {
    const before = '2026-01-01T00:00:01.000Z';
    const failed = (status: string, asked: { key: string; since: string | null } | null) =>
      hasFailed(stack(status), wanted, asked);
    expect(failed('UPDATE_ROLLBACK_COMPLETE', { key: 'new', since: before })).toBe(true);
    expect(failed('ROLLBACK_COMPLETE', { key: 'new', since: null })).toBe(true);
    expect(failed('UPDATE_ROLLBACK_COMPLETE', { key: 'other', since: before })).toBe(false);
    // CloudFormation has not shown what was just asked, or it was never asked.
    const same = stack('').changedAt;
    expect(failed('UPDATE_ROLLBACK_COMPLETE', { key: 'new', since: same })).toBe(false);
    expect(failed('UPDATE_ROLLBACK_COMPLETE', null)).toBe(false);
    expect(failed('UPDATE_COMPLETE', { key: 'new', since: before })).toBe(false);
  });
});
