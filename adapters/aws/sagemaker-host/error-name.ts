/** Whether an error has one of these names: AWS's messages are worded differently now and then. */
export const isNamed = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name);
