import {
  isRunning,
  isServer,
  readState,
  toStatePath,
  type ServiceName,
  type Services,
} from '../../scripts/services/state.ts';

/** The state file of the services the tests use. */
export function findStatePath(): string {
  return process.env['HERBARIUM_SERVICES'] ?? toStatePath();
}

/**
 * The running private services: those of the set that `npm test` started (HERBARIUM_SERVICES), else the default set.
 * Each is looked at when it is asked for.
 * @throws where the asked one does not run, with the command that starts it.
 */
export function readServices(): Services {
  const set = readState(findStatePath());
  const read = <Name extends ServiceName>(name: Name): Services[Name] => {
    const found = set?.services[name];
    if (!set || found === undefined || (isServer(name) && !isRunning(set.running[name]))) {
      throw new Error(`These tests need ${name}, which does not run. Start it with: npm run services -- up`);
    }
    return found;
  };
  return {
    get redis() {
      return read('redis');
    },
    get amqp() {
      return read('amqp');
    },
    get postgres() {
      return read('postgres');
    },
    get python() {
      return read('python');
    },
    get celeryNewest() {
      return read('celeryNewest');
    },
    get chromium() {
      return read('chromium');
    },
    get promtool() {
      return read('promtool');
    },
  };
}
