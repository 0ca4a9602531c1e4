/** Below it a difference is the Date header's own coarseness, not a wrong clock. */
const tolerableS = 2;

/** The present, ticking once a second while anyone looks, by the server's clock when this machine's is wrong. */
export class Clock {
  now = $state(Date.now() / 1000);
  #aheadS = 0;

  /** The present to the millisecond, and not reactive. */
  read(): number {
    return Date.now() / 1000 + this.#aheadS;
  }

  /** Returns how to stop it. */
  start(): () => void {
    const tick = () => {
      if (!document.hidden) this.now = this.read();
    };
    const timer = setInterval(tick, 1000);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }

  /** `epochS`: the server's clock, just now. */
  setServerTime(epochS: number): void {
    const ahead = epochS + 0.5 - Date.now() / 1000;
    this.#aheadS = Math.abs(ahead) > tolerableS ? ahead : 0;
  }
}
