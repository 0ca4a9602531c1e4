import { describe } from 'vitest';
import { brokerGoesAwayAndReturns } from './journeys/broker-goes-away.ts';
import { brushToSearch } from './journeys/brush-to-search.ts';
import { findAndRunAgain } from './journeys/find-and-run-again.ts';
import { Journey } from './journeys/journey.ts';
import { restartAndContinue } from './journeys/restart-and-continue.ts';
import { signIn } from './journeys/sign-in.ts';
import { workerControls } from './journeys/worker-controls.ts';

/** The ways people go through Herbarium, on one server and one real worker for each broker. */
describe.each(['Redis', 'RabbitMQ'] as const)('on %s', (broker) => {
  const journey = new Journey(broker);

  describe('find Friday’s failure and run it again', () => findAndRunAgain(journey));
  describe('brush to search', () => brushToSearch(journey));
  describe('restart and continue', () => restartAndContinue(journey));
  describe('broker goes away and returns', () => brokerGoesAwayAndReturns(journey));
  describe('sign in', () => signIn(journey));
  // Last: it ends with the worker's end.
  describe('worker controls', () => workerControls(journey));
});
