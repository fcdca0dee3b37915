/** What of a stage costs something. */
export interface StageLike {
  readonly customerKey: boolean;
  readonly firewall: boolean;
  readonly tracing: boolean;
  /** Functions that are started before they are needed. */
  readonly provisioned: readonly ('authorizer' | 'predict')[];
  readonly memoryMb: Readonly<Record<'authorizer' | 'build' | 'predict' | 'reconcile', number>>;
}

const memoryMb = { authorizer: 512, build: 512, predict: 768, reconcile: 512 };

/** The stages of `lib/config.ts`, as far as they cost something: a test holds them together. */
export const stagesLike = {
  dev: { customerKey: false, firewall: false, tracing: true, provisioned: [], memoryMb },
  prod: {
    customerKey: true,
    firewall: true,
    tracing: false,
    provisioned: ['authorizer', 'predict'],
    memoryMb,
  },
} as const satisfies Record<string, StageLike>;
