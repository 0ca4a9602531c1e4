import { readRedactions } from '../ingest/redact.ts';
import { askFlags, askWorkers, clusterCommand, clusterOptions, exitCodeHelp, useControl } from './cluster.ts';
import { defineCommand, type Command, type CommandIo } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { findRemoteMethod, type RemoteMethod } from './remote-methods.ts';
import { showAnswers } from './show-answers.ts';

interface RemoteCommand {
  name: string;
  summary: string;
  description: string;
  /** What the first word is. */
  operand: string;
  methods: readonly RemoteMethod[];
}

/** A command that sends one of a list of methods to workers; without a word it says which there are. */
export function defineRemoteCommand({ name, summary, description, operand, methods }: RemoteCommand): Command {
  const names = methods.map((method) => method.name).join(', ');
  return defineCommand({
    ...clusterCommand,
    name,
    summary,
    description: `${description} ${exitCodeHelp}`,
    operands: [
      { name: operand, help: `one of ${names}; without it, they are listed`, isOptional: true },
      { name: 'ARGUMENT', help: 'what it takes', isOptional: true, takesMany: true },
    ],
    options: [...clusterOptions, 'redact'],
    flags: askFlags,
    run: async ({ config, flags, operands: [word, ...words] }, io) => {
      if (word === undefined) return list(name, methods, io);
      const { name: typed, method, toArguments } = findRemoteMethod(methods, word, words);
      const { destination, timeout: timeoutS, json: asJson } = flags;
      const redactor = readRedactions(config.redact);
      const asked = { timeoutMs: timeoutS * 1000, destination: destination ?? undefined };
      const answers = await useControl(config, io, (control) => askWorkers(control, method, toArguments(words), asked));
      const redact = (key: string, value: unknown): unknown => redactor?.value(key, value) ?? value;
      return showAnswers(answers, { name: typed, asJson, timeoutS, destination, redact }, io);
    },
  });
}

function list(name: string, methods: readonly RemoteMethod[], { stdout }: CommandIo): number {
  const usages = methods.map((method) => `${method.name} ${method.usage}`.trim());
  const width = Math.max(...usages.map((usage) => usage.length));
  const rows = methods.map(({ help }, i) => `  ${usages[i]!.padEnd(width)}  ${help}.\n`);
  stdout.write(`herbarium ${name}:\n${rows.join('')}`);
  return exitCodes.ok;
}
