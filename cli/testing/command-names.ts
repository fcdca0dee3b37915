import type { Command } from 'commander';
import { program } from '../program';
import { testEnvironment } from './test-environment';

/** Every command that can be run, such as `services create`, but for help. */
export const commandNames = (): string[] =>
  leaves(program(testEnvironment()))
    .map(nameOf)
    .filter((name) => !name.endsWith('help'));

const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0
    ? [command]
    : command.createHelp().visibleCommands(command).flatMap(leaves);

const nameOf = (command: Command): string =>
  command.parent?.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
