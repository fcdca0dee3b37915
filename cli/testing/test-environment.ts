import { PassThrough } from 'node:stream';
import type { Environment } from '../environment';

/** An environment of streams in memory; `more` is what a test cares about. */
export const testEnvironment = (more: Partial<Environment> = {}): Environment => ({
  env: {},
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  home: '/nowhere',
  version: '1.2.3',
  now: () => new Date(),
  ...more,
});
