import { type TraceContext, traceContextOf } from '../../core/inference/trace-context';
import type { EdgeAnswer } from './edge';
import type { ServicePath } from './paths';

/** A request to a service, as far as its trace tells of it. */
export interface TracedRequest {
  readonly requestId: string;
  readonly service: string;
  readonly kind: ServicePath['kind'];
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** A request's part in a trace. */
export interface RequestTrace {
  /** What a model that answers it is told; null when the request belongs to no trace. */
  readonly context: TraceContext | null;
  end(answer: Pick<EdgeAnswer, 'status' | 'headers' | 'modelMs'>): void;
}

export type StartTrace = (request: TracedRequest) => RequestTrace;

const end = (): void => undefined;

/** Keeps no trace of its own: what the caller sent goes on to the model. */
export const passOn: StartTrace = ({ headers }) => ({ context: traceContextOf(headers), end });
