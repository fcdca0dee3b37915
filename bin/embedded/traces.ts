import type { StartTrace } from '../../api/inference/request-trace';
import { DomainError } from '../../core/shared/domain-error';
import type { Env } from './options';

interface Traces {
  readonly start: StartTrace;
  /** Sends what waits. */
  close(): Promise<void>;
}

/**
 * Traces of requests, where OpenTelemetry's variables say where to send them; null otherwise. Its
 * packages are loaded only then: they would slow down every start.
 * @throws `invalid-input` when a variable says what cannot be
 */
export const openTraces = async (
  env: Env,
  release: string,
  warn: (message: string) => void,
): Promise<Traces | null> => {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint || env.OTEL_SDK_DISABLED === 'true') return null;
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw new DomainError(
      'invalid-input',
      'OTEL_EXPORTER_OTLP_ENDPOINT takes an http or https URL',
    );
  }
  const { OTEL_TRACES_SAMPLER_ARG: text = '' } = env;
  const ratio = text === '' ? 1 : Number(text);
  if (!(ratio >= 0 && ratio <= 1)) {
    throw new DomainError('invalid-input', 'OTEL_TRACES_SAMPLER_ARG takes a number from 0 to 1');
  }
  const { openTelemetryTraces } = await import('../../adapters/embedded/open-telemetry');
  return openTelemetryTraces({ release, ratio, warn });
};
