/** Where the stage of `own-bucket-app.ts` captures into. */
export const ownPlace = { bucket: 'research-data', prefix: 'ml/live/' } as const;
