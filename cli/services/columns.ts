import type { ItemOf } from '../control-api';
import type { Paint } from '../session';
import { size } from '../terminal/numbers';
import type { Column } from '../terminal/table';
import { localTime } from '../terminal/times';
import { statusPaint } from './status-paint';
import { trafficText } from './traffic-text';

/** Services as a table. */
export const serviceColumns = (paint: Paint): readonly Column<ItemOf<'GET /api/services'>>[] => [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'STATUS', cell: ({ status }) => status, paint: statusPaint(paint) },
  {
    title: 'VERSIONS',
    cell: ({ versions_running, versions_total }) => `${versions_running}/${versions_total}`,
    right: true,
  },
  { title: 'TRAFFIC', cell: ({ traffic }) => trafficText(traffic), wraps: true },
  {
    title: 'DESCRIPTION',
    cell: ({ status_reason, description }) => status_reason ?? description,
    wraps: true,
  },
  { title: 'CREATED BY', cell: ({ created_by }) => created_by, wraps: true },
];

/** Versions as a table. */
export const versionColumns = (
  paint: Paint,
): readonly Column<ItemOf<'GET /api/services/{service}/versions'>>[] => [
  { title: 'VERSION', cell: ({ name }) => name },
  { title: 'STATUS', cell: ({ status }) => status, paint: statusPaint(paint) },
  { title: 'MODEL', cell: ({ model }) => `${model.name}/${model.version}` },
  { title: 'TRAFFIC', cell: ({ traffic }) => `${traffic} %`, right: true },
  {
    title: 'REPLICAS',
    cell: ({ replicas }) => `${replicas.running}/${replicas.wanted}`,
    right: true,
  },
  {
    title: 'DESCRIPTION',
    cell: ({ status_reason, description }) => status_reason ?? description,
    wraps: true,
  },
];

/** Replicas as a table. */
export const instanceColumns = (
  paint: Paint,
): readonly Column<ItemOf<'GET /api/services/{service}/versions/{version}/instances'>>[] => [
  { title: 'INSTANCE', cell: ({ id }) => id },
  { title: 'STATUS', cell: ({ status }) => status, paint: statusPaint(paint) },
  { title: 'RESTARTS', cell: ({ restarts }) => restarts, right: true },
  { title: 'STARTED', cell: ({ started_at }) => localTime(started_at) },
  {
    title: 'CPU',
    cell: ({ cpu_percent }) => (cpu_percent === null ? null : `${cpu_percent.toFixed(0)} %`),
    right: true,
  },
  {
    title: 'MEMORY',
    cell: ({ memory_bytes }) => (memory_bytes === null ? null : size(memory_bytes)),
    right: true,
  },
];
