/** A state of a machine, as far as rules look at it. */
export interface AnyState {
  readonly Type: string;
  readonly Next?: string;
  readonly End?: true;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Retry?: readonly { readonly MaxAttempts: number; readonly JitterStrategy: string }[];
  readonly TimeoutSeconds?: number;
  readonly Resource?: string;
  readonly Arguments?: Readonly<Record<string, unknown>>;
  readonly ItemProcessor?: Scope;
}

/** States that reach each other: those of a machine, or of a map within it. */
export interface Scope {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, AnyState>>;
}

/** Every scope of a machine: its own, and those of its maps. */
export const scopesOf = (scope: Scope): readonly Scope[] => [
  scope,
  ...Object.values(scope.States).flatMap(({ ItemProcessor }) =>
    ItemProcessor ? scopesOf(ItemProcessor) : [],
  ),
];

const nextOf = ({ Next, Default, Choices = [], Catch = [] }: AnyState): readonly string[] => [
  ...(Next === undefined ? [] : [Next]),
  ...(Default === undefined ? [] : [Default]),
  ...[...Choices, ...Catch].map((one) => one.Next),
];

/** The names of states that a scope comes to, whether they are there or not. */
export const reachedIn = ({ StartAt, States }: Scope): ReadonlySet<string> => {
  const reached = new Set([StartAt]);
  // A set's iterator goes on to what is added meanwhile.
  for (const name of reached)
    for (const next of nextOf(States[name] ?? { Type: '' })) reached.add(next);
  return reached;
};

/** Whether a state leads on, or ends. */
export const leadsSomewhere = (state: AnyState): boolean =>
  nextOf(state).length > 0 || state.End === true || ['Succeed', 'Fail'].includes(state.Type);
