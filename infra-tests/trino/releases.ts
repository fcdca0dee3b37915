/** 406 is closest to the limits that Athena documents; 483 is recent. A statement must pass on both. */
export const TRINO_VERSIONS = ['406', '483'] as const;
export type TrinoVersion = (typeof TRINO_VERSIONS)[number];

interface Release {
  /** The major version of Java that runs it. */
  readonly java: number;
  /** A module that its Java must have. */
  readonly module?: string;
  /** Jars that iceberg and hive tables over local files load nothing of. */
  readonly without: readonly string[];
  readonly sources: readonly string[];
  readonly hivePlugin: string;
  readonly options: readonly string[];
  readonly config: readonly string[];
  /** Where a local folder is for the server. */
  readonly locationOf: (folder: string) => string;
  readonly fileSystem: readonly string[];
  readonly hive: readonly string[];
}

const WITHOUT = ['net.snowflake', 'org.rocksdb', 'io.grpc', 'org.alluxio'];

export const releases: Readonly<Record<TrinoVersion, Release>> = {
  406: {
    java: 17,
    without: [...WITHOUT, 'com.linkedin.calcite', 'org.apache.ivy'],
    sources: ['Launcher.java', 'HiveOnly.java'],
    hivePlugin: 'HiveOnly',
    options: ['--add-opens=java.base/java.lang=ALL-UNNAMED'],
    config: ['task.writer-count=1'],
    locationOf: (folder) => `file://${folder}`,
    fileSystem: [],
    hive: ['hive.partition-projection-enabled=true'],
  },
  483: {
    java: 25,
    module: 'jdk.incubator.vector',
    without: [
      ...WITHOUT,
      ...['com.google.api', 'com.google.api-client', 'com.google.api.grpc', 'com.google.apis'],
      ...['com.google.auth', 'com.google.cloud', 'com.google.cloud.bigdataoss'],
      ...['com.google.cloud.opentelemetry', 'com.google.http-client', 'com.google.oauth-client'],
      ...['com.azure', 'com.microsoft.azure', 'io.netty', 'io.projectreactor'],
      ...['io.projectreactor.netty', 'io.opencensus', 'org.jdbi', 'org.postgresql'],
      ...['org.projectnessie.nessie', 'software.amazon.awssdk'],
    ],
    sources: ['Launcher.java'],
    hivePlugin: 'io.trino.plugin.hive.HivePlugin',
    options: [
      '--add-modules=jdk.incubator.vector',
      '--enable-native-access=ALL-UNNAMED',
      '--sun-misc-unsafe-memory-access=allow',
    ],
    config: ['task.min-writer-count=1', 'task.max-writer-count=1'],
    locationOf: (folder) => `local://${folder}`,
    fileSystem: ['fs.local.enabled=true', 'local.location=/'],
    hive: ['hive.metastore.disable-location-checks=true'],
  },
};
