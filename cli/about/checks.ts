/** What one look found. */
export interface Check {
  readonly name: string;
  /** `note`: nothing is broken, but somebody may want to know. */
  readonly status: 'ok' | 'note' | 'wrong';
  readonly detail: string;
  /** What to do about it. */
  readonly way_out: string | null;
}

/** Nothing to do. */
export const ok = (name: string, detail: string): Check => ({
  ...{ name, detail },
  status: 'ok',
  way_out: null,
});

/** Something to know. */
export const note = (name: string, detail: string, wayOut: string | null): Check => ({
  ...{ name, detail },
  status: 'note',
  way_out: wayOut,
});

/** Something to mend. */
export const wrong = (name: string, detail: string, wayOut: string): Check => ({
  ...{ name, detail },
  status: 'wrong',
  way_out: wayOut,
});
