import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import type { Stop } from '../../store/segment-data.ts';

/** Milliseconds of work in one go: so long a short question to the same thread waits. */
const sliceMs = 4;

/** Keeps long work from holding up its thread, and from going on when its time is up or nobody waits for it. */
export class Pace {
  #sliceStartMs = performance.now();
  #stepsLeft: number;

  /** `leastSteps`: so often there is time left, whatever the clock says. */
  constructor(
    readonly stop: Stop,
    leastSteps = 0,
  ) {
    this.#stepsLeft = leastSteps;
  }

  /**
   * To be called every fraction of a millisecond.
   * @returns whether there is time left
   * @throws {AppError} `cancelled`
   */
  async goOn(): Promise<boolean> {
    let now = performance.now();
    if (now - this.#sliceStartMs >= sliceMs) {
      await nextTurn();
      now = this.#sliceStartMs = performance.now();
    }
    if (this.stop.isCancelled()) throw new AppError('cancelled', 'The question was taken back.');
    return this.#stepsLeft-- > 0 || now < this.stop.deadlineMs;
  }
}
