import { AppError } from '../errors.ts';
import { toDefaultText } from './help.ts';
import { toFlag, toVariables } from './names.ts';
import { optionGroups } from './option.ts';
import { findOption, listByGroup, type OptionName } from './options.ts';

const start = '<!-- options:start -->';
const end = '<!-- options:end -->';

/** The README's table of options, in Markdown. */
export function toOptionsTable(): string {
  const head = '| option | default | meaning | variables |\n| --- | --- | --- | --- |';
  const groups = listByGroup(optionGroups).map(
    ({ group, names }) => `**${group}**\n\n${head}\n${names.map(toRow).join('\n')}`,
  );
  return groups.join('\n\n');
}

function toRow(name: OptionName): string {
  const { short, help, pending } = findOption(name);
  const flag = `${short === undefined ? '' : `\`-${short}\` `}\`${toFlag(name)}\``;
  const cells = [
    flag,
    toDefaultText(name),
    help + (pending === undefined ? '' : ' *(not yet in effect)*'),
    toShownVariables(name),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('*@', '\\*@')).join(' | ')} |`;
}

/** Those besides HERBARIUM_X, which every option has. */
function toShownVariables(name: OptionName): string {
  return toVariables(name)
    .slice(1)
    .map((variable) => `\`${variable}\``)
    .join(' ');
}

/**
 * The README with the table between its markers made anew.
 * @throws {AppError} `bad_request` when a marker is missing.
 */
export function replaceOptionsTable(readme: string): string {
  const from = readme.indexOf(start);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new AppError('bad_request', `README.md has no ${start} with an ${end} after it`);
  const table = `${start}\n<!-- prettier-ignore-start -->\n\n${toOptionsTable()}\n\n<!-- prettier-ignore-end -->\n${end}`;
  return readme.slice(0, from) + table + readme.slice(to + end.length);
}
