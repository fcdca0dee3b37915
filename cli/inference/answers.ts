import { CliError } from '../cli-error';
import { printable } from '../terminal/printable';

/** What the platform answers to a prediction. */
export interface Prediction {
  readonly predictions: readonly unknown[];
  readonly probabilities?: readonly Readonly<Record<string, number | null>>[];
  readonly request_id: string;
  readonly client_request_id?: string | null;
  readonly service_version: string;
  readonly model_version: string;
}

/** A prediction with the text it was read from. */
export interface Answer {
  readonly text: string;
  readonly prediction: Prediction;
}

/** Takes the answers of calls in their order and prints them. */
export interface AnswerPrinter {
  take(answer: Answer): Promise<void>;
  /** Prints what could only be printed at the end. */
  end(): Promise<void>;
}

type PrintText = (text: string) => Promise<void>;

/** @throws CliError when a text is no prediction's answer */
export const answerIn = (text: string): Answer => {
  const value = parsed(text) as Partial<Prediction> | null;
  if (Array.isArray(value?.predictions)) return { text, prediction: value as Prediction };
  throw new CliError('the answer holds no predictions: is it another server?');
};

/** Null for what is no JSON: it holds no predictions either. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** One line per row: the prediction, then its probabilities. */
export const linePrinter = (print: PrintText): AnswerPrinter => ({
  async take({ prediction: { predictions, probabilities } }) {
    const lines = predictions.map((prediction, row) => {
      const chances = Object.entries(probabilities?.[row] ?? {}).map(
        ([name, chance]) => `${name}=${chance === null ? 'null' : Number(chance.toFixed(4))}`,
      );
      return [plainText(prediction), chances.join(' ')].map(printable).join('\t').trimEnd();
    });
    if (lines.length > 0) await print(lines.join('\n'));
  },
  end: async () => {},
});

/** CSV under `prediction` and a column per class; the first call decides the columns. */
export const csvPrinter = (print: PrintText): AnswerPrinter => {
  let columns: string | undefined;
  return {
    async take({ prediction: { predictions, probabilities } }) {
      const first = predictions[0];
      const width = Array.isArray(first) ? first.length : null;
      const classes = Object.keys(probabilities?.[0] ?? {});
      const header = csvLine([
        ...(width === null
          ? ['prediction']
          : Array.from({ length: width }, (_, at) => `prediction_${at}`)),
        ...classes.map((name) => `probability_${name}`),
      ]);
      if (columns !== undefined && columns !== header) {
        throw new CliError('two versions answered with different columns', {
          hint: 'choose one of them with --version',
        });
      }
      const lines = predictions.map((prediction, row) => {
        const cells = width === null ? [prediction] : (prediction as readonly unknown[]);
        return csvLine([...cells, ...classes.map((name) => probabilities?.[row]?.[name] ?? null)]);
      });
      await print((columns === undefined ? [header, ...lines] : lines).join('\n'));
      columns = header;
    },
    end: async () => {},
  };
};

/**
 * One document: the platform's own for one call; for more calls their predictions together, and
 * which rows each call answered.
 */
export const jsonPrinter = (print: PrintText): AnswerPrinter => {
  const answers: Answer[] = [];
  return {
    async take(answer) {
      answers.push(answer);
    },
    async end() {
      const [first, ...more] = answers;
      if (!first) return;
      const whole = more.length === 0 ? first.text.trimEnd() : JSON.stringify(merged(answers));
      await print(whole);
    },
  };
};

const merged = (answers: readonly Answer[]) => {
  const all = answers.map(({ prediction }) => prediction);
  const probabilities = all.flatMap((one) => [
    ...(one.probabilities ?? one.predictions.map(() => null)),
  ]);
  return {
    predictions: all.flatMap(({ predictions }) => predictions),
    ...(probabilities.some((chances) => chances !== null) && { probabilities }),
    calls: all.map(({ predictions, probabilities: _, ...call }) => ({
      rows: predictions.length,
      ...call,
    })),
  };
};

const plainText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

const csvLine = (cells: readonly unknown[]): string =>
  cells
    .map((cell) => {
      if (cell === null) return '';
      const text = plainText(cell);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
