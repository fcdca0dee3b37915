import { releases, type TrinoVersion } from './releases';

/** The Java compiler that runs on a runtime alone. */
export const COMPILER = 'ecj-3.43.0.jar';
const COMPILER_VERSION = '3.43.0';
const MODULES = ['trino-main', 'trino-iceberg', 'trino-hive'];

/** What Maven fetches for a release: its modules as plain jars, for no package of the whole fits here. */
export const pomOf = (version: TrinoVersion): string => {
  const exclusions = releases[version].without
    .map((group) => `<exclusion><groupId>${group}</groupId><artifactId>*</artifactId></exclusion>`)
    .join('\n');
  const modules = MODULES.map((module) =>
    dependency('io.trino', module, version, `<exclusions>${exclusions}</exclusions>`),
  );
  return `<project>
<modelVersion>4.0.0</modelVersion>
<groupId>tidegate</groupId><artifactId>trino-${version}</artifactId><version>1</version>
<packaging>pom</packaging>
<dependencyManagement><dependencies>
${dependency('io.trino', 'trino-root', version, '<type>pom</type><scope>import</scope>')}
</dependencies></dependencyManagement>
<dependencies>
${modules.join('\n')}
${dependency('org.eclipse.jdt', 'ecj', COMPILER_VERSION)}
</dependencies>
<build><plugins><plugin>
<groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
<version>3.8.1</version>
</plugin></plugins></build>
</project>
`;
};

const dependency = (group: string, artifact: string, version: string, more = ''): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${more}</dependency>`;
