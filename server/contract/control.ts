/** Signals that end a task's process, or make it end itself. Others, such as SIGSTOP, would only freeze it. */
export const terminationSignals = [
  'SIGTERM',
  'SIGKILL',
  'SIGINT',
  'SIGQUIT',
  'SIGABRT',
  'SIGALRM',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
] as const;

export type TerminationSignal = (typeof terminationSignals)[number];
