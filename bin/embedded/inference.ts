import type { LocalHost } from '../../adapters/embedded/local-host';
import { clock, digest, newId, now } from '../../adapters/primitives';
import { admit } from '../../api/inference/admit';
import { serveComparison } from '../../api/inference/compare';
import { protocolMetadata } from '../../api/inference/protocol-metadata';
import { recorder } from '../../api/inference/recorder';
import { servePrediction } from '../../api/inference/serve';
import type { ReportBug } from '../../api/problem';
import { serveLabels } from '../../api/tables/serve-labels';
import type { Access } from '../../core/access/access';
import type { Scope } from '../../core/access/access-types';
import type { RateLimiter } from '../../core/access/rate-limiter';
import { captureRecordOf } from '../../core/capture/capture-record-of';
import type { CaptureSink } from '../../core/capture/capture-sink';
import { versionChooser } from '../../core/inference/choose-version';
import type { ServiceDirectory } from '../../core/inference/service-directory';
import type { LogStore } from '../../core/services/log-store';
import type { LabelStore } from '../../core/tables/label';
import { pushLabels } from '../../core/tables/push-labels';
import type { TableRecords } from '../../core/tables/table-records';

interface Needs {
  readonly access: Pick<Access, 'authenticate'>;
  readonly directory: ServiceDirectory;
  readonly limiter: RateLimiter;
  readonly host: LocalHost;
  readonly sink: CaptureSink;
  readonly logs: LogStore;
  readonly hmac: (text: string) => string;
  readonly report: ReportBug;
  readonly release: string;
  readonly tables: TableRecords;
  readonly labels: LabelStore;
}

/** The prediction path: everything under `/services/`. */
export const inference = (needs: Needs) => {
  const { access, directory, limiter, host, sink, logs, hmac, report, release } = needs;
  const chooser = versionChooser({ isRunning: host.isRunning, random: Math.random, clock });
  const records = recorder({
    sink,
    recordOf: captureRecordOf({ hash: hmac }),
    hashSplitKey: hmac,
    byteLength: Buffer.byteLength,
    clock,
  });
  const { isRunning } = host;
  const note = (
    service: string,
    version: string,
    level: 'warning' | 'error',
    message: string,
  ): void =>
    logs.append(service, { time: now().toISOString(), level, version, instance: null, message });
  const admitFor = (scope: Scope) =>
    admit({
      directory,
      authenticate: (headers, service) => access.authenticate(headers, service, scope),
      limiter,
    });
  return {
    directory,
    admit: admitFor('predict'),
    admitLabels: admitFor('labels'),
    takeLabels: serveLabels({
      tables: needs.tables,
      push: pushLabels({ store: needs.labels, digest, now }),
      report,
    }),
    predict: servePrediction({
      host,
      chooser,
      modelOf: host.modelOf,
      recorder: records,
      note,
      report,
      clock,
    }),
    compare: serveComparison({
      host,
      modelOf: host.modelOf,
      recorder: records,
      note,
      report,
      newId,
    }),
    metadata: protocolMetadata({ isRunning, release }),
    forget: chooser.forget,
  };
};
