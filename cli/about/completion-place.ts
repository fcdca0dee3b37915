import type { Command, Option } from 'commander';
import type { GlobalOptions } from '../session';

/** What a word may be completed to. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What may stand at a place: known words, or a name that only the platform knows. */
export type Place =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  | { readonly kind: 'model' | 'service' | 'table' }
  | { readonly kind: 'version'; readonly service: string }
  | { readonly kind: 'anything' };

const ANYTHING: Place = { kind: 'anything' };

/** Where the last word stands in the program's own structure, and what was said before it. */
export const placeOf = (
  root: Command,
  words: readonly string[],
): { place: Place; options: GlobalOptions } => {
  const { command, awaiting, given, values, isLiteral } = walked(root, words.slice(0, -1));
  const options: GlobalOptions = {
    ...(values.endpoint !== undefined && { endpoint: values.endpoint }),
    ...(values.data !== undefined && { data: values.data }),
    ...(values.token !== undefined && { token: values.token }),
  };
  if (awaiting) return { place: valuePlace(awaiting, given), options };
  const isOption = !isLiteral && (words.at(-1) ?? '').startsWith('-');
  return { place: isOption ? optionPlace(command) : argumentPlace(command, given), options };
};

interface Walked {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly awaiting: Option | undefined;
  /** Arguments of the command. */
  readonly given: readonly string[];
  /** Values of options, by their names. */
  readonly values: Readonly<Partial<Record<string, string>>>;
  /** Behind `--` nothing is an option. */
  readonly isLiteral: boolean;
}

const walked = (root: Command, words: readonly string[]): Walked => {
  let command = root;
  let awaiting: Option | undefined;
  const given: string[] = [];
  const values: Record<string, string> = {};
  let isLiteral = false;
  for (const word of words) {
    if (awaiting) {
      values[awaiting.attributeName()] = word;
      awaiting = undefined;
    } else if (!isLiteral && word === '--') {
      isLiteral = true;
    } else if (!isLiteral && word.startsWith('-')) {
      const [name = '', value] = word.split(/=(.*)/s);
      const option = optionsOf(command).find(({ long, short }) => name === long || name === short);
      if (option?.required && value === undefined) awaiting = option;
      else if (option && value !== undefined) values[option.attributeName()] = value;
    } else {
      const next = given.length === 0 && command.commands.find((each) => each.name() === word);
      if (next) command = next;
      else given.push(word);
    }
  }
  return { command, awaiting, given, values, isLiteral };
};

/** A command's own options, then those every command takes. */
const optionsOf = (command: Command): readonly Option[] => {
  const own = command.createHelp().visibleOptions(command);
  return command.parent ? [...own, ...optionsOf(command.parent)] : own;
};

const optionPlace = (command: Command): Place => {
  const names = new Map<string, string>();
  for (const { long, short, description } of optionsOf(command)) {
    const name = long ?? short;
    if (name && !names.has(name)) names.set(name, description);
  }
  return {
    kind: 'words',
    words: Array.from(names, ([word, description]) => ({ word, description })),
  };
};

const wordsPlace = (words: readonly string[]): Place => ({
  kind: 'words',
  words: words.map((word) => ({ word, description: '' })),
});

const valuePlace = (option: Option, given: readonly string[]): Place => {
  if (option.argChoices) return wordsPlace(option.argChoices);
  const [service] = given;
  if (option.long === '--version' && service) return { kind: 'version', service };
  return ANYTHING;
};

const argumentPlace = (command: Command, given: readonly string[]): Place => {
  if (command.commands.length > 0 && given.length === 0) {
    const visible = command.createHelp().visibleCommands(command);
    return {
      kind: 'words',
      words: visible.map((each) => ({ word: each.name(), description: each.description() })),
    };
  }
  const known = command.registeredArguments;
  const last = known.at(-1);
  const argument = known[given.length] ?? (last?.variadic ? last : undefined);
  if (!argument) return ANYTHING;
  if (argument.argChoices) return wordsPlace(argument.argChoices);
  const name = argument.name();
  if (name === 'service' || name === 'model' || name === 'table') return { kind: name };
  const [service] = given;
  return name === 'version' && service ? { kind: 'version', service } : ANYTHING;
};
