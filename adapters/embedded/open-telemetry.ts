import { setTimeout as sleep } from 'node:timers/promises';
import {
  DiagLogLevel,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { StartTrace } from '../../api/inference/request-trace';
import { traceContextOf } from '../../core/inference/trace-context';
import { reasonOf } from './replicas/runner';

interface Options {
  /** The platform's version. */
  readonly release: string;
  /** Of the requests that come without a trace, the part that begins one: 0 to 1. */
  readonly ratio: number;
  /** Is told what could not be sent. */
  readonly warn: (message: string) => void;
}

/** Spans that wait to be sent; what comes on top of them is not traced. */
const MOST_WAITING = 8_192;
/** The SDK would try again for longer than a stop may take. */
const PATIENCE_MS = 2_000;

/**
 * Makes a span of each request to a service, child of the caller's, and sends them with OTLP over HTTP
 * to where OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_*`) say.
 */
export const openTelemetryTraces = ({ release, ratio, warn }: Options) => {
  const silent = (): void => undefined;
  diag.setLogger(
    { error: warn, warn, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'tidegate', 'service.version': release }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), maxQueueSize: MOST_WAITING }),
    ],
  });
  const tracer = provider.getTracer('tidegate', release);
  const propagator = new W3CTraceContextPropagator();

  const start: StartTrace = ({ requestId, service, kind, headers }) => {
    const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const attributes = { 'tidegate.request_id': requestId, 'tidegate.service': service };
    const span = tracer.startSpan(kind, { kind: SpanKind.SERVER, attributes }, parent);
    const told: Record<string, string> = {};
    propagator.inject(trace.setSpan(parent, span), told, defaultTextMapSetter);
    return {
      context: traceContextOf(told),
      end({ status, headers: sent, modelMs }) {
        span.setAttribute('http.response.status_code', status);
        const at = sent.indexOf('x-tidegate-version');
        if (at !== -1) span.setAttribute('tidegate.version', sent[at + 1] ?? '');
        if (modelMs !== null) span.setAttribute('tidegate.model_duration_ms', modelMs);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  };

  return {
    start,
    /** Sends what waits, if that can be done soon. */
    async close(): Promise<void> {
      const late = sleep(PATIENCE_MS, 'the collector does not answer', { ref: false });
      const sent = provider.shutdown().then(() => null, reasonOf);
      const why = await Promise.race([sent, late]);
      if (why !== null) warn(`the last traces were not sent: ${why}`);
    },
  };
};
