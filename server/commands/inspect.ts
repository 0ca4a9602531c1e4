/** `herbarium inspect`: asks workers, and changes nothing. */
import { defineRemoteCommand } from './remote-command.ts';
import { inspectMethods } from './remote-methods.ts';

export const inspect = defineRemoteCommand({
  name: 'inspect',
  summary: 'Ask workers what they run, hold, know and are, as celery inspect does',
  description: 'Asks workers over the broker, by the names and options of celery inspect, and shows what each answers.',
  operand: 'METHOD',
  methods: inspectMethods,
});
