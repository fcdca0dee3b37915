import type { Fault } from '../../core/shared/domain-error';

const MOST = 20;

/** Place of a fault: a row from 0, or -1 for the request as a whole; a column's position or -1. */
interface Placed extends Fault {
  readonly at: readonly [row: number, column: number];
}

/** Keeps the first 20 faults by row, then column, however many there are and in whatever order. */
export class FaultList {
  count = 0;
  #first: Placed[] = [];

  /** `row` and `column` are left out of the fault when they are negative or nameless. */
  add(row: number, position: number, column: string | null, code: string, message: string): void {
    this.count += 1;
    const last = this.#first.at(-1);
    if (this.#first.length === MOST && last && !before(row, position, last.at)) return;
    const fault = {
      ...(row >= 0 && { row }),
      ...(column !== null && { column }),
      code,
      message,
      at: [row, position] as const,
    };
    const place = this.#first.findIndex(({ at }) => before(row, position, at));
    this.#first.splice(place === -1 ? this.#first.length : place, 0, fault);
    if (this.#first.length > MOST) this.#first.pop();
  }

  /** The faults as they are answered. */
  get first(): readonly Fault[] {
    return this.#first.map(({ at: _, ...fault }) => fault);
  }
}

const before = (row: number, position: number, [otherRow, other]: Placed['at']): boolean =>
  row < otherRow || (row === otherRow && position < other);
