/** A worker as its events describe it. */
export interface Worker {
  readonly hostname: string;
  /** When we first and last received an event of it, epoch seconds by our own clock. */
  firstSeen: number;
  lastSeen: number;
  /** When we last received a sign of life that counts (heartbeat, online, task event), by our own clock. */
  lastHeartbeat: number | null;
  /** Timestamp of the last `worker-offline`, and of the last other worker event, both by the worker's clock. */
  offlineAt: number | null;
  eventAt: number | null;
  pid: number | null;
  clock: number;
  /** Announced seconds between two heartbeats; 60 until the first worker event. */
  freq: number;
  active: number | null;
  processed: number | null;
  loadavg: number[] | null;
  swIdent: string | null;
  swVer: string | null;
  swSys: string | null;
}
