/** The SDK reads the process's own variables: nothing of whoever runs the tests may reach them. */
const CLEAN: Readonly<Record<string, string | undefined>> = {
  AWS_CONFIG_FILE: '/nowhere/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
  AWS_EC2_METADATA_DISABLED: 'true',
  ...{ AWS_PROFILE: undefined, AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined },
  ...{ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
  ...{ AWS_SESSION_TOKEN: undefined, AWS_ENDPOINT_URL: undefined },
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: undefined,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: undefined,
  ...{ AWS_WEB_IDENTITY_TOKEN_FILE: undefined, AWS_ROLE_ARN: undefined },
};

/** Credentials that open an emulator. */
export const TEST_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

/** Gives the tests of a file these AWS variables and no others; gives the process's own back. */
export const awsEnvironment = (variables: Readonly<Record<string, string | undefined>>): void => {
  const wanted = { ...CLEAN, ...variables };
  const before = Object.fromEntries(Object.keys(wanted).map((name) => [name, process.env[name]]));
  beforeAll(() => set(wanted));
  afterAll(() => set(before));
};

const set = (variables: Readonly<Record<string, string | undefined>>): void => {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
};
