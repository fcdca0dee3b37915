import fs, { writeFileSync } from 'node:fs';
import files from 'node:fs/promises';
import type { Duck } from './duckdb';
import type { TableState } from './table-state';

const MESSAGE = 'this step fails';

/** What is done step by step: statements, renames, all else with files, and what is kept in the state. */
type Kind = 'statement' | 'rename' | 'file' | 'state';
/** Which step of some work fails, from 0. */
export type FailingStep = readonly [Kind, number];

/** Has steps of the builder's work fail: its statements, its files and what it keeps in its state. */
export const openFaults = () => {
  let fails = (_kind: Kind): boolean => false;
  const step = (kind: Kind): void => {
    if (fails(kind)) throw new Error(MESSAGE);
  };
  const { createWriteStream, renameSync, rmSync, truncateSync } = fs;
  const { open } = files;
  const spies = [
    jest.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      step('rename');
      renameSync(from, to);
    }),
    jest.spyOn(fs, 'rmSync').mockImplementation((path, options) => {
      step('file');
      rmSync(path, options);
    }),
    jest.spyOn(fs, 'truncateSync').mockImplementation((path, bytes) => {
      step('file');
      truncateSync(path, bytes);
    }),
    jest.spyOn(fs, 'createWriteStream').mockImplementation((path, options) => {
      const stream = createWriteStream(path, options);
      if (fails('file')) setImmediate(() => stream.destroy(new Error(MESSAGE)));
      return stream;
    }),
    jest.spyOn(files, 'open').mockImplementation(async (...args) => {
      step('file');
      return open(...args);
    }),
  ];

  return {
    /** Whether some work ended in a step that fails: that one, and all behind it when the process dies. */
    async during(
      [kind, n]: FailingStep,
      dies: boolean,
      work: () => Promise<unknown>,
    ): Promise<boolean> {
      let left = n;
      fails = (next) => {
        if (next === kind) left -= 1;
        return dies ? left < 0 : next === kind && left === -1;
      };
      try {
        await work();
        return false;
      } catch (error) {
        if (!(error instanceof Error) || error.message !== MESSAGE) throw error;
        return true;
      } finally {
        fails = () => false;
      }
    },

    /** Statements that can fail. */
    duck: (duck: Duck): Duck => ({
      ...duck,
      async run(sql) {
        // Half of what was being written is there.
        const [, draft] = /TO '([^']+)' \(FORMAT/.exec(sql) ?? [];
        if (fails('statement')) {
          if (draft !== undefined) writeFileSync(draft, 'PAR1');
          throw new Error(MESSAGE);
        }
        await duck.run(sql);
      },
      async rows(sql) {
        step('statement');
        return duck.rows(sql);
      },
    }),

    /** A failure before each write, and one after it: it is not heard of, but done. */
    state: (state: TableState): TableState => ({
      ...state,
      decide(decision) {
        step('state');
        state.decide(decision);
        step('state');
      },
      carriedOut(decision) {
        step('state');
        state.carriedOut(decision);
        step('state');
      },
    }),

    close(): void {
      for (const spy of spies) spy.mockRestore();
    },
  };
};

export type Faults = ReturnType<typeof openFaults>;
