import type { Answer } from '../../../core/inference/answer';
import type { Invocation } from '../../../core/inference/model-host';
import { DomainError } from '../../../core/shared/domain-error';
import { isReplicaGone, type Runner } from './runner';

/** Requests of all versions of a service that wait together. */
export interface ServiceQueue {
  waiting: number;
  max: number;
}

/** A runner's place among those that get requests. */
export interface Seat {
  /** No more requests for it. */
  leave(): void;
  /** Resolves once it works on nothing. */
  idle(): Promise<void>;
}

interface Place {
  readonly runner: Runner;
  readonly calls: Set<Call>;
  readonly onIdle: (() => void)[];
}

interface Call {
  readonly invocation: Invocation;
  readonly promise: PromiseWithResolvers<Answer>;
  readonly timer: NodeJS.Timeout;
  place: Place | null;
  tries: number;
  isOver: boolean;
}

interface Needs {
  readonly queue: ServiceQueue;
  readonly saw: (rows: number, ms: number) => void;
}

/** A replica that dies under a request is not proof against it; two are. */
const MOST_TRIES = 2;

/** Gives requests to the least busy runner, and lets them wait in order while all are busy. */
export const dispatcher = ({ queue, saw }: Needs) => {
  const places: Place[] = [];
  const line: Call[] = [];
  let working = 0;
  let isAbandoned = false;
  const onDrained: (() => void)[] = [];

  const free = (): Place | undefined => {
    let best: Place | undefined;
    for (const place of places) {
      const { size } = place.calls;
      if (size < place.runner.width && (!best || size < best.calls.size)) best = place;
    }
    return best;
  };

  const checkDrained = (): void => {
    if (working === 0 && line.length === 0) for (const tell of onDrained.splice(0)) tell();
  };

  const over = (call: Call): void => {
    call.isOver = true;
    clearTimeout(call.timer);
  };

  const refuse = (call: Call, error: DomainError): void => {
    over(call);
    call.promise.reject(error);
  };

  const failed = (call: Call, error: unknown): void => {
    if (call.isOver) return;
    if (isReplicaGone(error) && isAbandoned) {
      refuse(call, unavailable());
      return;
    }
    if (isReplicaGone(error) && call.tries < MOST_TRIES) {
      call.place = null;
      queue.waiting += 1;
      line.unshift(call);
      return;
    }
    refuse(call, modelError(error));
  };

  const send = (call: Call, place: Place): void => {
    call.place = place;
    call.tries += 1;
    place.calls.add(call);
    working += 1;
    const { table } = call.invocation;
    place.runner
      .predict(call.invocation)
      .then(
        (answer) => {
          saw(table.rows, answer.modelMs);
          if (call.isOver) return;
          over(call);
          call.promise.resolve(answer);
        },
        (error: unknown) => failed(call, error),
      )
      .finally(() => {
        place.calls.delete(call);
        working -= 1;
        if (place.calls.size === 0) for (const tell of place.onIdle.splice(0)) tell();
        pump();
        checkDrained();
      });
  };

  const pump = (): void => {
    for (let place = free(); place && line.length > 0; place = free()) {
      const call = line.shift();
      if (!call) return;
      queue.waiting -= 1;
      send(call, place);
    }
  };

  const expire = (call: Call): void => {
    const at = line.indexOf(call);
    if (at >= 0) {
      line.splice(at, 1);
      queue.waiting -= 1;
    }
    refuse(call, new DomainError('model-timeout', 'the model did not answer in time'));
    call.place?.runner.overdue(call.invocation);
    checkDrained();
  };

  return {
    /** Adds a runner that is ready. */
    seat(runner: Runner): Seat {
      const place: Place = { runner, calls: new Set(), onIdle: [] };
      const leave = (): void => {
        const at = places.indexOf(place);
        if (at >= 0) places.splice(at, 1);
      };
      places.push(place);
      // Before its requests are given to others: they must not come back to it.
      void runner.gone.then(leave);
      pump();
      return {
        leave,
        idle: () =>
          new Promise((resolve) => {
            if (place.calls.size === 0) resolve();
            else place.onIdle.push(resolve);
          }),
      };
    },

    seats: (): number => places.length,

    /** @throws `unavailable`, `overloaded`; rejects with `model-error`, `model-timeout` */
    call(invocation: Invocation): Promise<Answer> {
      if (places.length === 0) throw unavailable();
      const place = free();
      if (!place && queue.waiting >= queue.max) {
        throw new DomainError('overloaded', 'too many requests wait for this service already', {
          retryAfterS: 1,
        });
      }
      const promise = Promise.withResolvers<Answer>();
      const call: Call = {
        invocation,
        promise,
        timer: setTimeout(() => expire(call), invocation.timeoutMs),
        place: null,
        tries: 0,
        isOver: false,
      };
      if (place) {
        send(call, place);
      } else {
        queue.waiting += 1;
        line.push(call);
      }
      return promise.promise;
    },

    /** Resolves once nothing waits and nothing is worked on. */
    drained: (): Promise<void> =>
      new Promise((resolve) => {
        onDrained.push(resolve);
        checkDrained();
      }),

    /** Refuses what still waits, and what comes back from a runner that ends. */
    abandon(): void {
      isAbandoned = true;
      queue.waiting -= line.length;
      for (const call of line.splice(0)) refuse(call, unavailable());
      checkDrained();
    },
  };
};

export type Dispatcher = ReturnType<typeof dispatcher>;

export const unavailable = (): DomainError =>
  new DomainError('unavailable', 'no replica of this version is ready', { retryAfterS: 1 });

/** What the caller may know; the model's own words are for the log. */
export const modelError = (cause: unknown): DomainError =>
  new DomainError('model-error', 'the model failed on this request', { cause });
