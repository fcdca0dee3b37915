import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere } from './if-there';

const FILE = /^(\d{8})\.ndjson$/;

/** The path of a service's log file by its number, from 1. */
export const logFile = (folder: string, sequence: number): string =>
  join(folder, `${String(sequence).padStart(8, '0')}.ndjson`);

/** Numbers of the log files in a folder, oldest first; none when there is no folder. */
export const logSequences = async (folder: string): Promise<readonly number[]> => {
  const names = (await ifThere(readdir(folder))) ?? [];
  const numbers = names.map((name) => Number(FILE.exec(name)?.[1] ?? 0));
  return numbers.filter((number) => number > 0).sort((a, b) => a - b);
};
