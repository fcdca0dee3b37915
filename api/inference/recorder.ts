import type { CaptureRecord, Role } from '../../core/capture/capture-record';
import type { captureRecordOf } from '../../core/capture/capture-record-of';
import type { CaptureSink } from '../../core/capture/capture-sink';
import { isCaptured, isSampled } from '../../core/capture/sampling';
import type { ServingVersion } from '../../core/inference/service-directory';
import type { Admitted, EdgeAnswer } from './edge';
import type { PredictionRequest } from './read-request';

interface Needs {
  readonly sink: Pick<CaptureSink, 'append'>;
  readonly recordOf: ReturnType<typeof captureRecordOf>;
  readonly hashSplitKey: (key: string) => string;
  /** Bytes of a text in UTF-8. */
  readonly byteLength: (text: string) => number;
  /** Milliseconds on the monotonic clock. */
  readonly clock: () => number;
}

/** A request and what became of it. */
export interface Handled {
  readonly admitted: Admitted;
  readonly body: Uint8Array;
  /** Null when the body could not be read. */
  readonly request: PredictionRequest | null;
  /** The caller's own id, also of a body that could not be read. */
  readonly clientRequestId: string | null;
  readonly version: ServingVersion | null;
}

interface Answered extends Handled {
  readonly request: PredictionRequest;
  /** The answer in `/predict`'s shape, whatever the protocol. */
  readonly json: string;
  readonly modelMs: number;
  readonly answer: Pick<EdgeAnswer, 'body'>;
}

interface Failed extends Handled {
  readonly status: number;
  readonly errorType: string;
  readonly answer: Pick<EdgeAnswer, 'body'>;
}

/** A comparison: each version's answer has an id of its own; where none was asked it has the request's. */
export interface Pairing {
  readonly requestId: string;
  readonly role: Role;
  /** Null when it is the request itself. */
  readonly primaryRequestId: string | null;
}

/** Remembers requests as their service's capture policy says, then calls `settled`. */
export interface Recorder {
  answered(what: Answered, settled: () => void, pairing?: Pairing): void;
  failed(what: Failed, settled: () => void, pairing?: Pairing): void;
}

type Outcome = Pick<
  CaptureRecord,
  'status_code' | 'error_type' | 'model_duration_ms' | 'response_bytes'
> & { readonly answer: string | Uint8Array };

export const recorder = (needs: Needs): Recorder => {
  const { sink, recordOf, hashSplitKey, clock } = needs;
  const sizeOf = ({ body }: Pick<EdgeAnswer, 'body'>): number =>
    typeof body === 'string' ? needs.byteLength(body) : body.length;

  const append = (
    { admitted, body, request, clientRequestId, version }: Handled,
    outcome: Outcome,
    settled: () => void,
    pairing?: Pairing,
  ): void => {
    const { serving, caller, headers, startedAt, clientIp } = admitted;
    const splitKey = headers['x-tidegate-split-key'];
    const record = recordOf(serving.service.capture, {
      request_id: pairing?.requestId ?? admitted.requestId,
      client_request_id: clientRequestId,
      service: serving.service.name,
      service_version: version?.name ?? null,
      model_name: version?.model.model ?? null,
      model_version: version?.model.version ?? null,
      requester: caller.requester,
      client_ip: clientIp,
      role: pairing?.role ?? 'primary',
      primary_request_id: pairing?.primaryRequestId ?? null,
      split_key_hash: splitKey === undefined ? null : hashSplitKey(splitKey),
      status_code: outcome.status_code,
      error_type: outcome.error_type,
      execution_duration_ms: microseconds(clock() - startedAt),
      model_duration_ms:
        outcome.model_duration_ms === null ? null : microseconds(outcome.model_duration_ms),
      request_format: request?.format ?? null,
      row_count: request?.table.rows ?? null,
      response_bytes: outcome.response_bytes,
      received: { bytes: body, read: request },
      answer: outcome.answer,
    });
    sink.append(record, settled);
  };

  return {
    answered(what, settled, pairing) {
      const { admitted, json, modelMs, answer } = what;
      const { sample } = admitted.serving.service.capture;
      if (!isSampled(pairing?.primaryRequestId ?? admitted.requestId, sample)) {
        settled();
        return;
      }
      const outcome = {
        status_code: 200,
        error_type: null,
        model_duration_ms: modelMs,
        response_bytes: sizeOf(answer),
        answer: json,
      };
      append(what, outcome, settled, pairing);
    },

    failed(what, settled, pairing) {
      const { status, errorType, answer } = what;
      if (!isCaptured(status)) {
        settled();
        return;
      }
      const outcome = {
        status_code: status,
        error_type: errorType,
        model_duration_ms: null,
        response_bytes: sizeOf(answer),
        answer: answer.body,
      };
      append(what, outcome, settled, pairing);
    },
  };
};

/** Milliseconds to the microsecond: more digits are noise. */
const microseconds = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;
