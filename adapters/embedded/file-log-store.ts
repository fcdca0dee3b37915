import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLine, LogStore } from '../../core/services/log-store';
import { NAME_PATTERN } from '../../core/shared/names';
import { findLines } from './log-reader';
import { type LogLimits, type LogWriter, logWriter } from './log-writer';

interface Needs {
  readonly folder: string;
  readonly now: () => Date;
  /** Told once of each run of failures to write; lines of that time are counted as dropped. */
  readonly report: (error: unknown) => void;
  readonly limits?: LogLimits;
}

const MIB = 1024 * 1024;
const LIMITS: LogLimits = { fileBytes: 16 * MIB, files: 8, pendingBytes: 8 * MIB };

/**
 * Log lines in files of JSON lines, a folder per service, the oldest file deleted for the newest.
 * Bursts beyond what memory is meant for are dropped; a line in the log says how many were.
 */
export const fileLogStore = ({ folder, now, report, limits = LIMITS }: Needs): LogStore => {
  const writers = new Map<string, LogWriter>();

  const folderOf = (service: string): string => {
    if (!NAME_PATTERN.test(service)) throw new RangeError('not the name of a service');
    return join(folder, service);
  };

  const writerOf = (service: string): LogWriter => {
    const known = writers.get(service);
    if (known) return known;
    const writer = logWriter({ folder: folderOf(service), now, report, limits });
    writers.set(service, writer);
    return writer;
  };

  return {
    append(service: string, line: LogLine): void {
      writerOf(service).append(line);
    },

    async find(query) {
      await writers.get(query.service)?.flushed();
      return findLines(folderOf(query.service), query);
    },

    async remove(service) {
      const writer = writers.get(service);
      writers.delete(service);
      await writer?.end();
      await rm(folderOf(service), { recursive: true, force: true });
    },

    async close() {
      await Promise.all([...writers.values()].map((writer) => writer.flushed()));
    },
  };
};
