import type { Command, Option } from 'commander';
import type { GlobalOptions } from '../session';

export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What may stand at a place: known words, or a name that only the platform knows. */
export type Place =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  | { readonly kind: 'model' | 'service' }
  | { readonly kind: 'version'; readonly service: string }
  | { readonly kind: 'anything' };

const ANYTHING: Place = { kind: 'anything' };
/** Walks the words before the last one through the program's own structure. */
export const placeOf = (
  root: Command,
  words: readonly string[],
): { place: Place; options: GlobalOptions } => {
  let command = root;
  let awaiting: Option | undefined;
  const given: string[] = [];
  const options: Record<string, unknown> = {};
  let literal = false;
  for (const word of words.slice(0, -1)) {
    if (awaiting) {
      options[awaiting.attributeName()] = word;
      awaiting = undefined;
    } else if (!literal && word === '--') {
      literal = true;
    } else if (!literal && word.startsWith('-')) {
      const [name = '', value] = word.split(/=(.*)/s);
      const option = optionsOf(command).find(({ long, short }) => name === long || name === short);
      if (option?.required && value === undefined) awaiting = option;
      else if (option && value !== undefined) options[option.attributeName()] = value;
    } else {
      const next = given.length === 0 && command.commands.find((each) => each.name() === word);
      if (next) command = next;
      else given.push(word);
    }
  }
  const globals: GlobalOptions = {
    ...(typeof options.endpoint === 'string' && { endpoint: options.endpoint }),
    ...(typeof options.data === 'string' && { data: options.data }),
    ...(typeof options.token === 'string' && { token: options.token }),
  };
  if (awaiting) return { place: valuePlace(awaiting, given), options: globals };
  const current = words.at(-1) ?? '';
  const place =
    !literal && current.startsWith('-') ? optionPlace(command) : argumentPlace(command, given);
  return { place, options: globals };
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
  if (name === 'service' || name === 'model') return { kind: name };
  const [service] = given;
  return name === 'version' && service ? { kind: 'version', service } : ANYTHING;
};
