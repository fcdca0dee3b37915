import type { Command } from 'commander';
import { withExample, withList } from '../command-parts';
import { type ListOptions, showList } from '../list';
import { ahead, repeated, whole } from '../option-values';
import { withThrottle } from '../services/settings';
import { statusPaint } from '../services/status-paint';
import { throttleText } from '../services/throttle-text';
import type { Act } from '../session';
import { localTime } from '../terminal/times';
import { createKey, revokeKey, rotateKey } from './key-actions';

const SERVICE = ['<service>', "the service's name"] as const;
const KEY = ['<key>', "the key's name or id"] as const;
const THIRTY_DAYS_S = 2_592_000;

/** `keys …`: what callers of a service present. */
export const addKeys = (program: Command, act: Act): void => {
  const keys = program.command('keys').description('Make and revoke the keys of a service');

  withExample(
    withThrottle(
      keys
        .command('create')
        .description('Make a key; it is printed once')
        .argument(...SERVICE)
        .argument('<name>', 'what it is for')
        .option('--scope <scope>', 'predict or labels; may be given again', repeated)
        .option('--expires <when>', 'such as 90d or 2026-12-31', ahead),
    ).action(act(createKey)),
    'tidegate keys create wine my-app --expires 90d',
  );
  withExample(
    keys
      .command('rotate')
      .description('Give a key a new text, printed once')
      .argument(...SERVICE)
      .argument(...KEY)
      .option('--grace <seconds>', 'how long the old text still opens', whole(0, THIRTY_DAYS_S), 0)
      .action(act(rotateKey)),
    'tidegate keys rotate wine my-app --grace 3600',
  );
  withExample(
    keys
      .command('revoke')
      .description('Revoke a key at once')
      .argument(...SERVICE)
      .argument(...KEY)
      .action(act(revokeKey)),
    'tidegate keys revoke wine my-app',
  );
  withExample(
    withList(
      keys
        .command('list')
        .description('List the keys of a service, revoked ones too')
        .argument(...SERVICE),
    ).action(
      act((session, service: string, options: ListOptions) =>
        showList(session, 'GET /api/services/{service}/keys', {
          ...{ taking: { path: { service } }, options },
          columns: [
            { title: 'NAME', cell: ({ name }) => name },
            { title: 'ID', cell: ({ id }) => id },
            { title: 'STATUS', cell: ({ status }) => status, paint: statusPaint(session.paint) },
            { title: 'SCOPES', cell: ({ scopes }) => scopes.join(', '), wraps: true },
            { title: 'THROTTLE', cell: ({ throttle }) => throttleText(throttle), wraps: true },
            { title: 'EXPIRES', cell: ({ expires_at }) => localTime(expires_at), wraps: true },
            {
              title: 'LAST USED',
              cell: ({ last_used_at }) => localTime(last_used_at),
              wraps: true,
            },
          ],
          none: `${service} has no keys: \`tidegate keys create ${service} NAME\` makes one.`,
        }),
      ),
    ),
    'tidegate keys list wine',
  );
};
