import { RemovalPolicy } from 'aws-cdk-lib';

/** What differs between the stages of one installation. */
export interface StageConfig {
  /**
   * What happens to records, model packages and captured requests when their stack goes away. With
   * `RETAIN` they also cannot be deleted by mistake.
   */
  readonly removal: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
  /** Whose key data is encrypted with: AWS's own, or one in this account, which costs $1 a month. */
  readonly encryption: 'aws-owned' | 'customer-key';
}

export const stages = {
  dev: { removal: RemovalPolicy.DESTROY, encryption: 'aws-owned' },
  prod: { removal: RemovalPolicy.RETAIN, encryption: 'customer-key' },
} as const satisfies Record<string, StageConfig>;

/** The stages' names; one installation has at least one. */
export type StageName = keyof typeof stages;

/**
 * A stage by its name.
 * @throws when there is no such stage
 */
export const stageOf = (
  name: string,
): { readonly stage: StageName; readonly config: StageConfig } => {
  for (const stage of Object.keys(stages) as StageName[]) {
    if (stage === name) return { stage, config: stages[stage] };
  }
  throw new Error(`there is no stage ${name}: give -c stage=${Object.keys(stages).join(' or ')}`);
};
