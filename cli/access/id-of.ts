import { CliError } from '../cli-error';

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * The id of the one among them that has this name; a text that names none is taken for an id.
 * @throws CliError with their ids when several have it
 */
export const idOf = (text: string, kind: 'keys' | 'operators', among: readonly Named[]): string => {
  if (among.some(({ id }) => id === text)) return text;
  const [first, ...others] = among.filter(({ name }) => name === text);
  if (first && others.length > 0) {
    const ids = [first, ...others].map(({ id }) => id);
    throw new CliError(`${ids.length} ${kind} are called ${text}: give the id of one`, {
      hint: ids.join(', '),
    });
  }
  return first?.id ?? text;
};
