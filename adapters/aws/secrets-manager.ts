import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { assertSecretName, type Secrets } from '../../core/access/secrets';

interface Needs {
  readonly client: SecretsManagerClient;
  /** Stands before every name: `tidegate-prod/`. */
  readonly prefix: string;
}

/** Secrets in AWS Secrets Manager. What is removed is gone at once, so that its name can be used again. */
export const secretsManager = ({ client, prefix }: Needs): Secrets => {
  const making = new Map<string, Promise<string>>();
  const idOf = (name: string): string => {
    assertSecretName(name);
    return `${prefix}${name}`;
  };

  const read = async (SecretId: string): Promise<string | undefined> => {
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  };

  /** Another process may have been faster: then its text is the secret. */
  const created = async (id: string, text: string): Promise<string> => {
    try {
      await client.send(new CreateSecretCommand({ Name: id, SecretString: text }));
      return text;
    } catch (error) {
      if (!(error instanceof ResourceExistsException)) throw error;
      return (await read(id)) ?? Promise.reject(error);
    }
  };

  return {
    async ensure(name, make) {
      const id = idOf(name);
      const next = making.get(id) ?? read(id).then((found) => found ?? created(id, make()));
      making.set(id, next);
      return next.finally(() => making.delete(id));
    },

    get: async (name) => read(idOf(name)),

    async put(name, text) {
      const id = idOf(name);
      const write = () =>
        client.send(new PutSecretValueCommand({ SecretId: id, SecretString: text }));
      try {
        await write();
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
        if ((await created(id, text)) !== text) await write();
      }
    },

    async remove(name) {
      const SecretId = idOf(name);
      try {
        await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      }
    },
  };
};
