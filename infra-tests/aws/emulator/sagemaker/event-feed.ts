interface StateChange {
  readonly arn: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** State changes of endpoints in their order, for those who ask again and again what came after the nth. */
export interface EventFeed {
  tell(event: StateChange): void;
  /** Waits up to `waitMs` when there is nothing yet. */
  after(count: number, waitMs: number): Promise<readonly StateChange[]>;
}

export const eventFeed = (): EventFeed => {
  const events: StateChange[] = [];
  let news = Promise.withResolvers<void>();
  return {
    tell(event) {
      events.push(event);
      news.resolve();
      news = Promise.withResolvers();
    },
    async after(count, waitMs) {
      if (events.length <= count) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const late = setTimeout(resolve, waitMs);
        await Promise.race([news.promise, promise]);
        clearTimeout(late);
      }
      return events.slice(count);
    },
  };
};
