/** `herbarium call`: sends a task as a client of the workers' own app would, and says its id. */
import { openTaskSender } from '../brokers/open-task-sender.ts';
import { boolean, choice, text } from '../config/kinds.ts';
import type { Kind } from '../config/option.ts';
import { isName } from '../contract/names.ts';
import { publishRequest, type PublishRequest } from '../contract/publish.ts';
import type { Inspection } from '../contract/workers.ts';
import { readCallBody } from '../control/call-body.ts';
import { readClusterSettings, type ClusterSettings } from '../control/cluster-settings.ts';
import { openPublisher } from '../control/publisher.ts';
import type { RemoteControl } from '../control/remote-control.ts';
import { AppError } from '../errors.ts';
import { toBrokerOptions } from '../room-options.ts';
import {
  clusterCommand,
  clusterOptions,
  exitCodeHelp,
  timeoutFlag,
  useControl,
  type ClusterConfig,
} from './cluster.ts';
import { defineCommand, flag } from './command.ts';
import { exitCodes } from './exit-codes.ts';

/** JSON, kept as text: what it says is to be sent exactly so. */
function jsonText(placeholder: string, accepts: string, fits: (value: unknown) => boolean): Kind<string> {
  return {
    placeholder,
    accepts,
    read(raw) {
      try {
        return fits(JSON.parse(String(raw))) ? String(raw) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const anyText = text('text');

const callFlags = {
  args: flag(jsonText('json', 'a JSON list', Array.isArray), {
    default: null,
    short: 'a',
    help: 'Positional arguments',
  }),
  kwargs: flag(jsonText('json', 'a JSON object', isObject), { default: null, short: 'k', help: 'Keyword arguments' }),
  eta: flag(anyText, { default: null, help: 'When it runs: YYYY-MM-DD HH:MM:SS, in UTC or with an offset' }),
  countdown: flag(anyText, { default: null, help: 'Seconds to wait before it runs' }),
  expires: flag(anyText, {
    default: null,
    help: 'When it is not to run any more: seconds from now, or a date as for --eta',
  }),
  serializer: flag(choice(['json']), { default: 'json', help: 'How the arguments are written' }),
  queue: flag(anyText, { default: null, shownDefault: "as the app's task_routes say", help: 'The queue' }),
  exchange: flag(anyText, { default: null, help: 'The exchange, in the place of the queue' }),
  routing_key: flag(anyText, { default: null, help: 'The routing key, with the exchange' }),
  task_id: flag(anyText, { default: null, shownDefault: 'a random one', help: 'Its id' }),
  timeout: timeoutFlag,
  json: flag(boolean, { default: false, short: 'j', help: 'Answer in JSON' }),
};

export const call = defineCommand({
  ...clusterCommand,
  name: 'call',
  summary: 'Send a task, as celery call does, and say its id',
  description:
    'Sends a task by its name, by the options of celery call. Workers are asked first how their app routes tasks; it is ' +
    `sent without them too, to the queue celery unless told. ${exitCodeHelp}`,
  operands: [{ name: 'TASK', help: 'the name of the task' }],
  options: clusterOptions,
  flags: callFlags,
  run: async ({ config, flags, operands }, io) => {
    const task = operands[0]!;
    if (!isName(task))
      throw new AppError('bad_request', 'The name of a task has 1 to 255 bytes, and no control characters.');
    const { timeout, json, ...given } = flags;
    const request = readCallBody<PublishRequest>(publishRequest, toBody(given));
    const settings = await useControl(config, io, (control) => askSettings(control, timeout * 1000));
    if (settings === null)
      io.stderr.write('No worker answered: it is sent as an app without settings would send it.\n');
    const id = await publish(config, settings ?? readClusterSettings([]), task, request);
    io.stdout.write(json ? `${JSON.stringify({ 'task-id': id })}\n` : `${id}\n`);
    return exitCodes.ok;
  },
});

type Given = Omit<{ [Name in keyof typeof callFlags]: string | null }, 'timeout' | 'json'>;

/** The body of a request to the API, which is checked as that is: numbers in `args` and `kwargs` stay as they are written. */
function toBody({ args, kwargs, ...options }: Given): string {
  const texts = Object.entries(options).flatMap(([name, value]) =>
    value === null ? [] : [`${JSON.stringify(name)}: ${JSON.stringify(value)}`],
  );
  if (args !== null) texts.push(`"args": ${args}`);
  if (kwargs !== null) texts.push(`"kwargs": ${kwargs}`);
  return `{${texts.join(', ')}}`;
}

/** How the workers' app sends tasks; null: nobody answered. */
async function askSettings(control: RemoteControl, timeoutMs: number): Promise<ClusterSettings | null> {
  const [confs, queues] = await Promise.all([
    control.ask('conf', { with_defaults: false }, { timeoutMs }),
    control.ask('active_queues', {}, { timeoutMs }),
  ]);
  const inspections = [...new Set([...confs.keys(), ...queues.keys()])].map((worker): Inspection => {
    const [conf, active] = [confs.get(worker), queues.get(worker)];
    return { timestamp: 0, ...(conf?.ok && { conf: conf.value }), ...(active?.ok && { active_queues: active.value }) };
  });
  return inspections.length === 0 ? null : readClusterSettings(inspections);
}

async function publish(
  config: ClusterConfig,
  settings: ClusterSettings,
  task: string,
  { args, kwargs, ...options }: PublishRequest,
): Promise<string> {
  const sender = openTaskSender(toBrokerOptions(config));
  try {
    const now = (): number => Date.now() / 1000;
    const publisher = openPublisher({ sender, settings: () => settings, results: null, now });
    return await publisher.publish({ task, args, kwargs, options });
  } finally {
    sender.close();
  }
}
