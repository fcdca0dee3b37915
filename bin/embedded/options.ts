/** The variables of the environment, by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What `tidegate up` is told. */
export interface UpOptions {
  /** Null: serve what the data folder remembers. */
  readonly manifest: string | null;
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly behindProxy: boolean;
  /** Where callers reach the platform; null: where it listens. */
  readonly url: string | null;
  /** What a captured request survives before its answer is sent: the end of the process, or a power cut. */
  readonly durability: 'process' | 'disk';
}

/** Addresses that only this machine reaches. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** `[::1]` and `127.0.0.1` as they stand in a URL. */
export const urlOf = ({ host, tls }: Pick<UpOptions, 'host' | 'tls'>, port: number): string => {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'https' : 'http'}://${name}:${port}`;
};
