import { AppError } from '../errors.ts';
import { toDefaultText } from './help.ts';
import { toFlag, toVariables } from './names.ts';
import { optionGroups } from './option.ts';
import { findOption, listByGroup, type OptionName } from './options.ts';

/** The README's table of options, in Markdown. */
export function toOptionsTable(): string {
  const head = '| option | default | meaning | variables |\n| --- | --- | --- | --- |';
  const groups = listByGroup(optionGroups).map(
    ({ group, names }) => `**${group}**\n\n${head}\n${names.map(toRow).join('\n')}`,
  );
  return groups.join('\n\n');
}

function toRow(name: OptionName): string {
  const { short, help, isPending } = findOption(name);
  const flag = `${short === undefined ? '' : `\`-${short}\` `}\`${toFlag(name)}\``;
  const cells = [flag, toDefaultText(name), help + (isPending ? ' *(not yet in effect)*' : ''), toShownVariables(name)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('*@', '\\*@')).join(' | ')} |`;
}

/** Those besides HERBARIUM_X, which every option has. */
function toShownVariables(name: OptionName): string {
  return toVariables(name)
    .slice(1)
    .map((variable) => `\`${variable}\``)
    .join(' ');
}

/** The README with its table of options made anew. */
export function replaceOptionsTable(readme: string): string {
  return replaceMarked(readme, 'options', toOptionsTable());
}

/**
 * The README with `text` between the markers of `name`.
 * @throws {AppError} `bad_request` when a marker is missing.
 */
export function replaceMarked(readme: string, name: string, text: string): string {
  const start = `<!-- ${name}:start -->`;
  const end = `<!-- ${name}:end -->`;
  const from = readme.indexOf(start);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new AppError('bad_request', `README.md has no ${start} with an ${end} after it`);
  const marked = `${start}\n<!-- prettier-ignore-start -->\n\n${text}\n\n<!-- prettier-ignore-end -->\n${end}`;
  return readme.slice(0, from) + marked + readme.slice(to + end.length);
}
