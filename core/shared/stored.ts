/** A document as it was read, with the revision that a write must still find. */
export type Stored<T> = T & { readonly revision: number };

/** Who made a resource and when it changed; `revision` moves with operators' writes only. */
export interface Stamps {
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
}
