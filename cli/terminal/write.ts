import type { Writable } from 'node:stream';

/** Writes and waits while the reader is slower than we are. */
export const write = async (stream: Writable, text: string | Uint8Array): Promise<void> => {
  if (stream.write(text) || stream.destroyed) return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      stream.off('drain', settle).off('close', settle).off('error', settle);
      resolve();
    };
    stream.on('drain', settle).on('close', settle).on('error', settle);
  });
};
