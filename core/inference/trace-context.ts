/** Where a request stands in a caller's trace (W3C Trace Context), as it is handed on to a model. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate: string | null;
}

// version 00 ends with its flags; later ones may say more, which is handed on unread.
const TRACEPARENT =
  /^(?:00-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}|(?!00|ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-.*)?)$/;

/** The id of the trace that a `traceparent` names; undefined when it is none. */
export const traceIn = (traceparent: string): string | undefined => {
  const match = TRACEPARENT.exec(traceparent);
  return match?.[1] ?? match?.[2];
};

/** Null when a request has none, or one that is not as the W3C has it: a trace begins anew then. */
export const traceContextOf = (
  headers: Readonly<Record<string, string | undefined>>,
): TraceContext | null => {
  const { traceparent, tracestate } = headers;
  if (traceparent === undefined || traceIn(traceparent) === undefined) return null;
  return { traceparent, tracestate: tracestate ?? null };
};

/** A request as log lines name it: by its id, and by its trace where it has one. */
export const requestNamed = (requestId: string, trace: TraceContext | null): string =>
  trace ? `request ${requestId} (trace ${traceIn(trace.traceparent)})` : `request ${requestId}`;
