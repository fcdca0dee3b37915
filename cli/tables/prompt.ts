import { createInterface } from 'node:readline';
import { reportFailure } from '../report-failure';
import type { Session } from '../session';
import { ask } from './ask';
import { completeSql } from './complete-sql';
import { allTables, findTable, printColumns, printTables, type Table } from './known-tables';
import { showRows } from './show-rows';
import { splitStatements } from './split-statements';

const FIRST = 'tidegate> ';
const NEXT = '      -> ';
const HELP = [
  'A statement ends with ; and may have many lines. Tab completes tables and columns.',
  '\\d          the tables',
  '\\d <table>  its columns',
  '\\q          leaves, as Ctrl-D does; Ctrl-C cancels what runs, or what is typed',
].join('\n');
const HISTORY = 500;
const PATIENCE_MS = 1500;

/** Asks for statements on a terminal and answers them, until the user leaves. */
export const prompt = async (session: Session, maxRows: number): Promise<void> => {
  const { environment, say, print, paint } = session;
  const words = wordsOf(session);
  const left = new AbortController();
  const jobs: (() => Promise<void>)[] = [];
  let typed = '';
  let running: AbortController | null = null;
  let working: Promise<void> | null = null;

  const reader = createInterface({
    input: environment.stdin,
    output: environment.stdout,
    terminal: true,
    historySize: HISTORY,
    completer: (line: string, done: (error: null, found: [string[], string]) => void) =>
      void words.tables().then((tables) => done(null, completeSql(tables, typed, line))),
  });
  const ready = (): void => {
    if (left.signal.aborted) return;
    reader.setPrompt(typed === '' ? FIRST : NEXT);
    reader.prompt();
  };
  const run = (statement: string) => async (): Promise<void> => {
    running = new AbortController();
    const signal = AbortSignal.any([running.signal, left.signal]);
    try {
      await showRows(session, await ask(session, statement, maxRows, signal));
    } finally {
      running = null;
    }
  };
  const command = (text: string) => async (): Promise<void> => {
    const [name, table] = text.replace(/;$/, '').split(/\s+/);
    if (name === '\\q') {
      reader.close();
    } else if (name === '\\d' && table !== undefined) {
      await printColumns(session, await findTable(session, table));
    } else if (name === '\\d') {
      words.forget();
      await printTables(session, await allTables(session));
    } else {
      await print(HELP);
    }
  };
  /** What is pasted is done one after the other. */
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job && !left.signal.aborted; job = jobs.shift()) {
      try {
        await job();
      } catch (error) {
        reportFailure(environment, error, { color: paint.isColorSupported });
      }
    }
    working = null;
    ready();
  };

  // A statement of many lines is one entry.
  reader.on('history', (history: string[]) => {
    if (typed !== '') history.splice(0, 2, oneLine(`${typed}${history[0] ?? ''}`));
  });
  reader.on('line', (line) => {
    if (typed === '' && line.trim().startsWith('\\')) {
      jobs.push(command(line.trim()));
    } else {
      const { statements, rest } = splitStatements(`${typed}${line}\n`);
      typed = rest.trim() === '' ? '' : rest;
      jobs.push(...statements.map(run));
    }
    if (jobs.length > 0) working ??= work();
    else if (!working) ready();
  });
  reader.on('SIGINT', () => {
    typed = '';
    jobs.length = 0;
    if (running) {
      running.abort();
      return;
    }
    // What stands on the line, behind the cursor and before it.
    for (const name of ['k', 'u']) reader.write(null, { ctrl: true, name });
    environment.stdout.write('\n');
    ready();
  });
  say(`SQL over the tables of ${session.endpoint}. \\? says what there is, \\q leaves.`);
  ready();
  await new Promise<void>((resolve) => {
    reader.once('close', () => {
      left.abort();
      resolve();
    });
  });
  environment.stdout.write('\n');
  await working;
};

/** The tables for Tab, asked for once. */
const wordsOf = (session: Session) => {
  let known: Promise<readonly Table[]> | null = null;
  const forget = (): void => {
    known = null;
  };
  return {
    forget,
    tables: (): Promise<readonly Table[]> => {
      known ??= allTables(session, PATIENCE_MS).catch(() => {
        // A platform that cannot be asked has no names to offer; the next Tab asks again.
        forget();
        return [];
      });
      return known;
    },
  };
};

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').trim();
