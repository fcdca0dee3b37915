import { describePython } from '../../support/python';
import { captureFaults } from './capture-faults';
import { controlFaults } from './control-faults';
import { type FaultyHome, openFaultyHome } from './faulty-home';
import { HURRIED_MS, modelFaults } from './model-faults';
import { recordsFaults } from './records-faults';
import { minutesUntil, runService } from './running-service';

describePython('the AWS home, while what it stands on fails', (python) => {
  let home: FaultyHome;
  let key = '';
  const homeOf = (): FaultyHome => home;
  beforeAll(async () => {
    home = await openFaultyHome(python);
    await Promise.all([
      runService(home, 'captured', { v1: 1 }),
      runService(home, 'sure', { v1: 1 }, { capture: { when: 'before' } }),
      runService(home, 'hurried', { v1: 1 }, { timeout_ms: HURRIED_MS }),
      runService(home, 'split', { v1: 1, v2: 2 }),
      runService(home, 'keyed', { v1: 1 }, { auth: true }),
    ]);
    const about = { path: '/api/services/{service}/traffic', service: { service: 'split' } };
    await home.control(about.path, about.service, { method: 'PUT', body: { v1: 50, v2: 50 } });
    await minutesUntil(home, 'split', 'running');
    const made = await home.control(
      '/api/services/{service}/keys',
      { service: 'keyed' },
      { body: { name: 'test' } },
    );
    key = String(made.body.key);
  }, 120_000);
  afterAll(() => home?.close(), 30_000);

  captureFaults(homeOf);
  modelFaults(homeOf);
  recordsFaults(homeOf, () => key);
  controlFaults(homeOf);
});
