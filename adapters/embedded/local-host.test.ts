import { immediateHostContract } from '../contracts/immediate-host.contract';
import { ask, openHost, sumModel } from './local-host-fixture';

describe('Local host, with threads', () => {
  immediateHostContract(async () => {
    const { host, newPackage, close } = await openHost();
    return {
      host,
      model: (factor) => sumModel(newPackage({ factor }), { version: factor }),
      broken: () => sumModel(newPackage({ failed: 'operator Foo is unknown' })),
      ask,
      close,
    };
  });
});

describe('Local host, with processes', () => {
  immediateHostContract(async () => {
    const { host, newPackage, close } = await openHost();
    return {
      host,
      model: (factor) => sumModel(newPackage({ factor }), { version: factor, runtime: 'image' }),
      broken: () => sumModel(newPackage({ says: 'ValueError: no model' }), { runtime: 'image' }),
      ask,
      close,
    };
  });
});
