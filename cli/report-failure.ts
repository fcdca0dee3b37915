import { CommanderError } from 'commander';
import { CliError } from './cli-error';
import type { Environment } from './environment';
import { type GlobalOptions, paintFor } from './session';
import { printable } from './terminal/printable';

/**
 * Tells on stderr what went wrong, and gives the exit code. Commander has told its own failures
 * already.
 */
export const reportFailure = (
  environment: Environment,
  error: unknown,
  options: GlobalOptions,
): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const failure = asFailure(error);
  const { stderr } = environment;
  if (options.json) {
    const { problem, message, hint } = failure;
    stderr.write(`${JSON.stringify(problem ?? { detail: message, ...(hint && { hint }) })}\n`);
  } else {
    const paint = paintFor({ ...environment, stdout: stderr }, options);
    stderr.write(`${paint.red('error:')} ${textOf(failure)}\n`);
  }
  if (options.debug) stderr.write(`${stackOf(error)}\n`);
  return failure.exitCode;
};

const asFailure = (error: unknown): CliError => {
  if (error instanceof CliError) return error;
  const message = error instanceof Error ? error.message : 'unknown reason';
  return new CliError(message, { hint: '--debug shows where it happened' });
};

const textOf = ({ message, hint, problem }: CliError): string => {
  const lines = [printable(message)];
  for (const { row, column, path, message: fault } of problem?.errors ?? []) {
    const place = [row !== undefined && `row ${row}`, column !== undefined && `column ${column}`];
    const where = place.filter(Boolean).join(', ') || path;
    lines.push(printable(`  ${where ? `${where}: ` : ''}${fault}`));
  }
  if (hint) lines.push(printable(`  ${hint}`));
  if (problem?.request_id) lines.push(printable(`  request ${problem.request_id}`));
  return lines.join('\n');
};

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
