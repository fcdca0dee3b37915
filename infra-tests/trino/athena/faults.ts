/** What a test may make Athena do. */
export interface Fault {
  /**
   * `throttle`: TooManyRequestsException at the start. `commit-conflict`: the statement fails with
   * ICEBERG_COMMIT_ERROR and changes nothing. `never-ends`: it stays RUNNING until it is stopped.
   * `more-runs`: a VACUUM or OPTIMIZE fails with ICEBERG_…_MORE_RUNS_NEEDED, as after its first part.
   */
  readonly kind: 'throttle' | 'commit-conflict' | 'never-ends' | 'more-runs';
  /** Of statements with this text; of all when absent. */
  readonly matching?: RegExp;
  /** 1 unless told. */
  readonly times?: number;
}

export interface Faults {
  inject(fault: Fault): void;
  /** Whether this statement meets a fault of the kind, which then counts as met. */
  meets(kind: Fault['kind'], sql: string): boolean;
}

export const faultsToMeet = (): Faults => {
  const waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    inject: (fault) => void waiting.push({ fault, left: fault.times ?? 1 }),
    meets(kind, sql) {
      const met = waiting.find(
        ({ fault, left }) => left > 0 && fault.kind === kind && (fault.matching?.test(sql) ?? true),
      );
      if (met) met.left -= 1;
      return met !== undefined;
    },
  };
};
