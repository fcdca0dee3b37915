import type { Command } from 'commander';
import { withExample, withList } from '../command-parts';
import { type ListOptions, showList } from '../list';
import type { Act } from '../session';
import { localTime } from '../terminal/times';

/** `whoami` and `audit`: who is asking, and who did what. */
export const addWho = (program: Command, act: Act): void => {
  withExample(
    program
      .command('whoami')
      .description('Show which operator the token belongs to')
      .action(
        act(async (session) => {
          const me = await session.call('GET /api/me', { path: {} });
          await session.answer(me, ({ name, role, data }) =>
            session.print(`${name}, ${role}${data ? ' with data' : ''}, at ${session.endpoint}`),
          );
        }),
      ),
    'tidegate whoami',
  );
  withExample(
    withList(program.command('audit').description('List who changed or looked at what')).action(
      act((session, options: ListOptions) =>
        showList(session, 'GET /api/audit', {
          ...{ taking: { path: {} }, options },
          columns: [
            { title: 'TIME', cell: ({ time }) => localTime(time) },
            { title: 'OPERATOR', cell: ({ operator }) => operator, wraps: true },
            { title: 'ACTION', cell: ({ action }) => action },
            { title: 'RESOURCE', cell: ({ resource }) => resource, wraps: true },
            { title: 'STATUS', cell: ({ status }) => status, right: true },
          ],
          none: 'Nothing was done yet.',
        }),
      ),
    ),
    'tidegate audit --limit 20',
  );
};
