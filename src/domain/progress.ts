/** How far an attempt has come. */
export interface Progress {
  /** 0 to 1. */
  readonly fraction: number;
  readonly message: string | null;
}

const MESSAGE_LENGTH = 200;
/** Sums of fractions that come to 1 on paper. */
const ROUNDING = 1e-9;

/**
 * A handler's word on how far it is; a longer message is cut to 200 characters.
 * @throws RangeError when `fraction` is not within 0 and 1
 */
export function toProgress(fraction: number, message?: string): Progress {
  if (!(fraction >= 0 && fraction <= 1 + ROUNDING)) throw new RangeError(`progress: ${fraction} is not within 0 and 1`);
  const text = message === undefined ? null : message.slice(0, MESSAGE_LENGTH).toWellFormed();
  return { fraction: Math.min(1, fraction), message: text };
}
