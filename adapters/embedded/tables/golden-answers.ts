import { type GoldenCase, type OpenEngine, rowText } from './golden-case';

/** What an engine answers after it was given a case's lines. */
export const answersOf = async (open: OpenEngine, golden: GoldenCase) => {
  const engine = await open(golden);
  try {
    for (const lines of golden.log) await engine.build(lines);
    const answers = [];
    for (const { sql } of golden.asked) {
      answers.push({ sql, rows: (await engine.rows(sql)).map(rowText) });
    }
    return answers;
  } finally {
    await engine.close();
  }
};

/** The same lines from behind, three times, in pieces that come one after the other. */
export const shuffled = (golden: GoldenCase): GoldenCase => {
  const lines = golden.log.flat().toReversed();
  const half = Math.ceil(lines.length / 2);
  return { ...golden, log: [lines.slice(0, half), lines, [...lines.slice(half), ...lines]] };
};
