import { accessEndpoints } from '../api/access/endpoints';
import { controlApi } from '../api/control';
import { controlHandler } from './support/control-handler';
import { report } from './support/observability';
import { openAccess } from './support/stores';

const { access } = openAccess();

/** Keys, operators, sessions, audit. */
export const handler = controlHandler({
  control: controlApi({
    endpoints: accessEndpoints({ access, secureCookies: true }),
    authenticateOperator: access.authenticateOperator,
    audit: access.audit,
    report,
  }),
});
