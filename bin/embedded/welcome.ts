import type { CredentialsFile } from '../../adapters/embedded/credentials-file';
import type { Access } from '../../core/access/access';
import type { Operator } from '../../core/access/access-types';
import type { StatesOf } from '../../core/inference/model-host';
import type { ModelRecords } from '../../core/models/model-records';
import type { ModelVersion } from '../../core/models/model-version';
import type { ServiceDocument } from '../../core/services/service-document';
import type { ServiceRecords } from '../../core/services/service-records';
import { serviceStatus, versionStatuses } from '../../core/services/service-status';

interface Needs {
  readonly url: string;
  readonly operator: Operator | null;
  readonly access: Pick<Access, 'issueSignInCode'>;
  readonly kept: Pick<CredentialsFile, 'read'>;
  readonly services: Pick<ServiceRecords, 'listDocuments'>;
  readonly models: Pick<ModelRecords, 'findVersion'>;
  readonly statesOf: StatesOf;
}

/** What `tidegate up` prints when it is ready: where it is, a call to paste, what to try next. */
export const welcome = async (needs: Needs): Promise<string> => {
  const { url, operator, access, kept, services, models, statesOf } = needs;
  const { items } = await services.listDocuments({ limit: 100 });
  const lines = [`Tidegate is ready on ${url}`];
  for (const document of items) {
    const { name } = document.service;
    const versions = versionStatuses(document, await statesOf(name));
    const { status, reason } = serviceStatus(document, versions);
    lines.push(`  ${name}: ${status}${reason === null ? '' : ` (${reason})`}`);
  }
  if (operator) {
    const code = access.issueSignInCode(operator.id);
    lines.push(
      `Sign in to the console, which comes later (once, within 15 minutes): ${url}/#code=${code}`,
    );
  }
  const { keys } = await kept.read();
  // One that may be called with what is at hand, so that the call works when it is pasted.
  const first = items.find(({ service }) => !service.auth || keys[service.name]) ?? items[0];
  const version = first?.versions[0];
  const model = version && (await models.findVersion(version.model.name, version.model.version));
  if (first && model) lines.push(...curl(url, first, model, keys[first.service.name]));
  lines.push('', 'Next:', ...nextSteps(first?.service.name));
  return `${lines.join('\n')}\n`;
};

/** The rows that come with the example. */
const WINES = 'examples/wine/winequality-red.csv';

/** As one word for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const curl = (
  url: string,
  { service }: ServiceDocument,
  { expected, signature }: ModelVersion,
  keys: Readonly<Record<string, string>> = {},
): readonly string[] => {
  const [key] = Object.values(keys);
  if (!expected || (service.auth && key === undefined)) return [];
  const { columns } = expected.input;
  const data = expected.input.data.slice(0, 1);
  const body = signature.positional ? { instances: data } : { dataframe_split: { columns, data } };
  return [
    '',
    'Ask for a prediction:',
    '',
    `  curl -s -w '\\n' ${url}/services/${service.name}/predict \\`,
    ...(key === undefined ? [] : [`    -H ${quoted(`Authorization: Bearer ${key}`)} \\`]),
    `    -H 'Content-Type: application/json' \\`,
    `    -d ${quoted(JSON.stringify(body))}`,
  ];
};

const nextSteps = (service: string | undefined): readonly string[] =>
  service === undefined
    ? [
        '  npx tidegate init',
        '  npx tidegate models register my-model ./path/to/model',
        '  npx tidegate --help',
      ]
    : [
        `  npx tidegate requests find ${service}`,
        `  npx tidegate predict ${service} ${service === 'wine' ? WINES : 'rows.csv'}`,
        '  npx tidegate models register my-model ./path/to/model',
      ];
