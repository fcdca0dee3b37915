import type { Resource, Synthesized } from '../synth';

/** What a stage was made into; read within tests, for it is made before the first of them. */
export interface Made {
  readonly stage: string;
  readonly synthesized: () => Synthesized;
}

export type Named = readonly [id: string, resource: Resource];

/** All resources of a stage. */
export const resourcesOf = ({ synthesized }: Made): readonly Named[] =>
  [...synthesized().stacks.values()].flatMap(({ Resources }) => Object.entries(Resources));

/** Its resources of one type. */
export const ofType = (made: Made, type: string): readonly Named[] =>
  resourcesOf(made).filter(([, { Type }]) => Type === type);

/** As text, with references written `<Name>`, so that a test can say what it expects. */
export const readable = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Ref' in value) return `<${value.Ref}>`;
  if ('Fn::GetAtt' in value) return `<${(value['Fn::GetAtt'] as string[]).join('.')}>`;
  if ('Fn::Join' in value) {
    const [delimiter, parts] = value['Fn::Join'] as [string, unknown[]];
    return parts.map(readable).join(delimiter);
  }
  return JSON.stringify(value);
};

/** In the order of their letters. */
export const sorted = (texts: readonly string[]): readonly string[] =>
  texts.toSorted((a, b) => (a < b ? -1 : 1));
