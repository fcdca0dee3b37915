import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { temporaryFolder } from '../../infra-tests/support/platform';
import { openDatabase } from './sqlite-database';

/** Writes to a new database, as another process that makes it at the same time, for half a second. */
const HOLDER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(workerData);
  db.exec('CREATE TABLE other (a); BEGIN IMMEDIATE; INSERT INTO other VALUES (1)');
  parentPort.postMessage('open');
  setTimeout(() => { db.exec('COMMIT'); db.close(); }, 500);
`;

it('a database is waited for that another process makes at the same time', async () => {
  const file = join(temporaryFolder(), 'new.db');
  const holder = new Worker(HOLDER, { eval: true, workerData: file });
  await once(holder, 'message');
  const db = openDatabase(file, { version: 1, sql: 'CREATE TABLE IF NOT EXISTS own (a)' });
  expect(db.prepare('SELECT count(*) AS rows FROM own').get()).toEqual({ rows: 0 });
  expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  db.close();
  await once(holder, 'exit');
});
