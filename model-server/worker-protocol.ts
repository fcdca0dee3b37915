import type { Answer } from '../core/inference/answer';
import type { Table } from '../core/inference/table';
import type { ExpectedAnswers } from '../core/models/model-version';
import type { Signature } from '../core/models/signature';
import type { Device } from './onnx-session';

/** `workerData` of a replica's thread. */
export interface WorkerStart {
  /** Folder of the package, already checked against its digest. */
  readonly folder: string;
  /** Null where nobody knows it yet: the thread reads it from the package, and tells. */
  readonly signature: Signature | null;
  /** The CPU, unless it says so. */
  readonly device?: Device;
  /** Its first cell is 1 once the thread shall take no more calls, not even those on their way. */
  readonly ending?: Int32Array<SharedArrayBuffer>;
}

/** What the host says to a replica. Answers come in the order of the calls. */
export interface WorkerCall {
  readonly id: number;
  readonly table: Table;
}

/** Says nothing: it wakes a thread that waits, so that it sees `ending`. */
export type Wake = null;

/** What a replica says to its host. */
export type WorkerMessage =
  | { readonly type: 'ready'; readonly loadMs: number; readonly signature: Signature }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'error'; readonly id: number; readonly reason: string };

/** What a process of its own does with a package before it is registered. */
export type PackageTask =
  | { readonly type: 'inspect'; readonly folder: string }
  | {
      readonly type: 'gate';
      readonly folder: string;
      readonly signature: Signature;
      readonly expected: ExpectedAnswers;
    };

/** `refused`: the package is at fault, and the reason is for its author. */
export type PackageOutcome =
  | { readonly type: 'done'; readonly value: unknown }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'broken'; readonly reason: string };
