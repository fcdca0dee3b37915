import * as z from 'zod';
import type { Contract } from '../contract';

const Check = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() });

/** What the platform says about itself. */
export const aboutContracts = {
  getOpenApi: {
    summary: 'This description',
    status: 200,
    input: z.object({}),
    answer: z.looseObject({ openapi: z.string() }),
  },
  getHealth: {
    summary: 'Answers while the process lives',
    status: 200,
    input: z.object({}),
    answer: z.object({ status: z.literal('ok') }),
  },
  getReadiness: {
    summary: 'Whether predictions can be answered; 503 with the failing check if not',
    status: 200,
    input: z.object({}),
    answer: z.object({ status: z.literal('ready'), checks: z.array(Check) }),
  },
} as const satisfies Record<string, Contract>;
