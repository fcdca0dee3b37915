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

/** Takes the answers of calls in their order and prints them. */
export interface AnswerPrinter {
  take(text: string): Promise<void>;
  /** Prints what could only be printed at the end. */
  end(): Promise<void>;
}

export type PrintText = (text: string) => Promise<void>;

/** @throws CliError when a text is no prediction's answer */
export const predictionIn = (text: string): Prediction => {
  try {
    const value = JSON.parse(text) as Partial<Prediction> | null;
    if (Array.isArray(value?.predictions)) return value as Prediction;
  } catch {
    // Said below.
  }
  throw new CliError('the answer holds no predictions: is it another server?');
};

/** One line per row: the prediction, then its probabilities. */
export const linePrinter = (print: PrintText): AnswerPrinter => ({
  async take(text) {
    const { predictions, probabilities } = predictionIn(text);
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
    async take(text) {
      const { predictions, probabilities } = predictionIn(text);
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
  const texts: string[] = [];
  return {
    async take(text) {
      predictionIn(text);
      texts.push(text);
    },
    async end() {
      const [only] = texts;
      if (only === undefined) return;
      await print(texts.length === 1 ? only.trimEnd() : JSON.stringify(merged(texts)));
    },
  };
};

const merged = (texts: readonly string[]) => {
  const answers = texts.map(predictionIn);
  const probabilities = answers.flatMap((answer) => [
    ...(answer.probabilities ?? answer.predictions.map(() => null)),
  ]);
  return {
    predictions: answers.flatMap(({ predictions }) => predictions),
    ...(probabilities.some((chances) => chances !== null) && { probabilities }),
    calls: answers.map(({ predictions, probabilities: _, ...call }) => ({
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
