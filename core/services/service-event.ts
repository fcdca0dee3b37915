/** Something that happened to a service; the same thing again only moves `last_seen` and `count`. */
export interface ServiceEvent {
  readonly first_seen: string;
  readonly last_seen: string;
  readonly level: 'info' | 'warning' | 'error';
  readonly resource_kind: 'service' | 'version' | 'key' | 'capture';
  readonly resource_name: string;
  readonly type: string;
  readonly message: string;
  readonly count: number;
}
