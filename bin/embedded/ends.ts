/** What has to be ended, last opened first. One that fails does not keep the others open. */
export const endsInTurn = () => {
  const ends: (() => void | Promise<void>)[] = [];
  return {
    add(end: () => void | Promise<void>): void {
      ends.push(end);
    },
    async run(): Promise<void> {
      for (let end = ends.pop(); end; end = ends.pop()) {
        try {
          await end();
        } catch (error) {
          process.stderr.write(`while stopping: ${(error as Error).message}\n`);
        }
      }
    },
  };
};

export type Ends = ReturnType<typeof endsInTurn>;
