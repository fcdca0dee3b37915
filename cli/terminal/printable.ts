const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text that came from elsewhere, fit for a terminal: control characters, which could move the
 * cursor or hide what follows, are shown instead of sent.
 */
export const printable = (text: string): string =>
  text.replace(CONTROLS, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '  ';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

const WIDE =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff01-\uff60]/u;
const NARROWLESS = /\p{M}/u;

/** Columns that a printable text takes on a terminal. */
export const widthOf = (text: string): number =>
  Array.from(text).reduce((width, character) => width + columnsOf(character), 0);

const columnsOf = (character: string): number => {
  if (NARROWLESS.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
};

/** Breaks a text into lines of at most `width` columns, at spaces where there are some. */
export const wrap = (text: string, width: number): string => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((long) => pieces(long, width))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].join('\n');
};

const pieces = (word: string, width: number): string[] => {
  const cut: string[] = [''];
  for (const character of word) {
    const last = cut.at(-1) ?? '';
    if (last !== '' && widthOf(last) + columnsOf(character) > width) cut.push(character);
    else cut[cut.length - 1] = last + character;
  }
  return cut;
};
