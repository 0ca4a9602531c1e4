/** `herbarium control`: tells workers what to do; what would harm one is refused before anything is sent. */
import { defineRemoteCommand } from './remote-command.ts';
import { controlMethods } from './remote-methods.ts';

export const control = defineRemoteCommand({
  name: 'control',
  summary: 'Tell workers what to do, as celery control does',
  description:
    'Tells workers over the broker, by the names and options of celery control, and shows what each says to it. All of ' +
    'it is checked before anything is sent.',
  operand: 'COMMAND',
  methods: controlMethods,
});
