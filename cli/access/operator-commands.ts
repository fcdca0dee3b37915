import { type Command, Option } from 'commander';
import { usageError } from '../cli-error';
import { withExample, withList } from '../command-parts';
import type { Taking } from '../control-api';
import { itemsOf, type ListOptions, showList } from '../list';
import type { Act, Session } from '../session';
import { confirm } from '../terminal/confirm';
import { localTime } from '../terminal/times';
import { idOf } from './id-of';
import { showOnce } from './show-once';

type Role = Taking<'POST /api/operators'>['body']['role'];

interface CreateOptions {
  readonly role: Role;
  readonly grant?: 'data';
}

const OPERATOR = ['<operator>', "the operator's name or id"] as const;
const MANY = 1000;

/** `operators …`: people and pipelines that use the control API. */
export const addOperators = (program: Command, act: Act): void => {
  const operators = program.command('operators').description('Admit people and pipelines');

  withExample(
    withList(operators.command('list').description('List operators')).action(
      act((session, options: ListOptions) =>
        showList(session, 'GET /api/operators', {
          ...{ taking: { path: {} }, options },
          columns: [
            { title: 'NAME', cell: ({ name }) => name, wraps: true },
            { title: 'ID', cell: ({ id }) => id },
            { title: 'ROLE', cell: ({ role }) => role },
            { title: 'DATA', cell: ({ data }) => (data ? 'yes' : 'no') },
            { title: 'CREATED', cell: ({ created_at }) => localTime(created_at) },
          ],
          none: 'No operators.',
        }),
      ),
    ),
    'tidegate operators list',
  );
  withExample(
    operators
      .command('create')
      .description('Admit an operator; the token is printed once')
      .argument('<name>', 'who or what it is')
      .addOption(
        new Option('--role <role>', 'what it may do')
          .choices(['viewer', 'editor', 'admin'])
          .default('viewer'),
      )
      .addOption(new Option('--grant <grant>', 'may see bodies and export rows').choices(['data']))
      .action(act(createOperator)),
    'tidegate operators create ci-pipeline --role editor',
  );
  withExample(
    operators
      .command('rotate')
      .description('Give an operator a new token, printed once; the old one ends')
      .argument(...OPERATOR)
      .action(
        act(async (session, operator: string) => {
          const rotated = await session.call('POST /api/operators/{operator}/rotate', {
            path: { operator: await operatorId(session, operator) },
          });
          await session.answer(rotated, ({ token }) => showOnce(session, 'token', token));
        }),
      ),
    'tidegate operators rotate ci-pipeline',
  );
  withExample(
    operators
      .command('delete')
      .description('Remove an operator; the token and its sessions end')
      .argument(...OPERATOR)
      .option('--yes', 'do not ask')
      .action(
        act(async (session, operator: string, { yes = false }: { yes?: boolean }) => {
          await confirm(session.environment, `Remove the operator ${operator}?`, yes);
          await session.call('DELETE /api/operators/{operator}', {
            path: { operator: await operatorId(session, operator) },
          });
          session.say(`${operator} is removed.`);
        }),
      ),
    'tidegate operators delete ci-pipeline --yes',
  );
};

const createOperator = async (
  session: Session,
  name: string,
  { role, grant }: CreateOptions,
): Promise<void> => {
  if (name.startsWith('tgo-')) throw usageError('give a name, not a token');
  const made = await session.call('POST /api/operators', {
    path: {},
    body: { name, role, data: grant === 'data' },
  });
  await session.answer(made, ({ token }) => showOnce(session, 'token', token));
};

const operatorId = async (session: Session, text: string): Promise<string> => {
  const { items } = await itemsOf(session, 'GET /api/operators', { path: {} }, MANY);
  return idOf(text, 'operators', items);
};
