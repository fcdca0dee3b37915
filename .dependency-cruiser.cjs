const TEST = '\\.(test|contract)\\.ts$|-fixture\\.ts$|/(fixtures|testing)/';

/** A floor may import itself and what it lists. Anything else fails the build. */
const floor = (name, from, allowed, { node = false } = {}) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: TEST },
  to: { pathNot: [from, ...allowed], ...(node && { dependencyTypesNot: ['core'] }) },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    floor('core-imports-nothing', '^core/', []),
    floor('api-knows-core', '^api/', ['^core/', 'node_modules/zod/']),
    floor(
      'embedded-adapters',
      '^adapters/embedded/',
      [
        '^core/',
        '^api/',
        '^model-server/',
        'node_modules/(yaml|tar|p-retry|@opentelemetry|@duckdb)/',
      ],
      { node: true },
    ),
    floor('aws-adapters', '^adapters/aws/', ['^core/', '^api/', 'node_modules/@aws-sdk/'], {
      node: true,
    }),
    floor('lib-is-infrastructure', '^lib/', [
      '^core/',
      '^api/',
      'node_modules/(aws-cdk-lib|constructs)/',
    ]),
    floor(
      'lambdas-compose',
      '^lambdas/',
      [
        '^(core|api|adapters|model-server)/',
        '^package\\.json$',
        '^docs/aws-prices\\.json$',
        'node_modules/(@aws-sdk|@aws-lambda-powertools|@middy|@types/aws-lambda)/',
      ],
      { node: true },
    ),
    floor(
      'model-server-predicts',
      '^model-server/',
      ['^core/', '^api/', 'node_modules/(onnxruntime-node|onnxruntime-common|yaml|protobufjs)/'],
      { node: true },
    ),
    {
      name: 'adapters-know-types-of-the-model-server',
      comment: 'The host starts replicas; what they run comes as a need.',
      severity: 'error',
      from: { path: '^adapters/', pathNot: TEST },
      to: { path: '^model-server/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'clients-know-types-only',
      comment: 'The command line and the console speak HTTP; of the API they know its types.',
      severity: 'error',
      from: { path: '^(cli|console)/', pathNot: TEST },
      to: { path: '^(core|adapters|lambdas|lib|bin|model-server)/' },
    },
    {
      name: 'clients-run-no-api',
      severity: 'error',
      from: { path: '^(cli|console)/', pathNot: TEST },
      to: { path: '^api/', dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unknown', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(cdk\\.out|\\.build|\\.cache|\\.tidegate|\\.venv|my-models)/' },
  },
};
