/**
 * In: the text of a flowerconfig.py. Out: the plain assignments in it, and a problem for each line that would have to
 * be run. It never runs Python, and leaves nothing out in silence that could have set an option.
 */
import { PythonError, readLogicalLines, type LogicalLine, type Token } from './python-tokens.ts';
import { readPythonValue, type PythonValue } from './python-values.ts';

export interface Assignment {
  readonly name: string;
  readonly value: PythonValue;
  readonly line: number;
}

export interface PythonConfig {
  /** The last assignment of each name. */
  readonly assignments: Assignment[];
  readonly problems: { line: number; message: string }[];
  /** Lines of imports that were passed over, for they set no option. */
  readonly skippedImports: number[];
}

/** `isOption` says whether a name is one of an option, so that importing it is not taken for harmless. */
export function readPythonConfig(source: string, isOption: (name: string) => boolean): PythonConfig {
  const assignments = new Map<string, Assignment>();
  const problems: PythonConfig['problems'] = [];
  const skippedImports: number[] = [];
  let lines: LogicalLine[] = [];
  try {
    lines = readLogicalLines(source).flatMap(splitStatements);
  } catch (error) {
    problems.push(toProblem(error));
  }
  for (const line of lines) {
    // What is indented belongs to a statement that has been reported already.
    if (line.isIndented || isDocumentation(line)) continue;
    if (isImport(line)) {
      if (!isHarmlessImport(line, isOption)) problems.push({ line: line.line, message: importMessage });
      else skippedImports.push(line.line);
      continue;
    }
    try {
      const assignment = readAssignment(line);
      assignments.set(assignment.name, assignment);
    } catch (error) {
      problems.push(toProblem(error));
    }
  }
  return { assignments: [...assignments.values()], problems, skippedImports };
}

const importMessage = 'what this imports is not known here, for Python is never run';

function toProblem(error: unknown): { line: number; message: string } {
  if (error instanceof PythonError) return { line: error.line, message: error.message };
  throw error;
}

/** `a = 1; b = 2` is two. A semicolon in brackets is an error of its own, found when the value is read. */
function splitStatements({ tokens, isIndented }: LogicalLine): LogicalLine[] {
  const statements: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'symbol' && token.text === ';') statements.push([]);
    else statements.at(-1)?.push(token);
  }
  return statements.flatMap((part) =>
    part[0] === undefined ? [] : [{ line: part[0].line, isIndented, tokens: part }],
  );
}

function isDocumentation({ tokens }: LogicalLine): boolean {
  return tokens.every((token) => token.kind === 'string');
}

function isImport({ tokens }: LogicalLine): boolean {
  return tokens[0]?.kind === 'name' && (tokens[0].text === 'import' || tokens[0].text === 'from');
}

/**
 * Whether an import cannot have set an option. Where its names are used, that line is reported, which is clearer.
 * `import logging` brings a module, and no module is the value of an option.
 */
function isHarmlessImport({ tokens }: LogicalLine, isOption: (name: string) => boolean): boolean {
  const words = tokens.map(({ text }) => text);
  const names = words[0] === 'from' ? words.slice(words.indexOf('import') + 1) : words.includes('as') ? words : [];
  return !names.includes('*') && !names.some(isOption);
}

const statements = new Set(
  'def class if elif else for while try except finally with async return raise del global assert pass lambda match'.split(
    ' ',
  ),
);

/** `name = value`, `name: type = value`. */
function readAssignment({ tokens, line }: LogicalLine): Assignment {
  const [first] = tokens;
  const equals = tokens.findIndex((token) => token.kind === 'symbol' && token.text === '=');
  const isPlain = tokens[1] === tokens[equals] || tokens[1]?.text === ':';
  if (first?.kind !== 'name' || statements.has(first.text) || equals < 1 || !isPlain) {
    const what = first?.kind === 'name' && statements.has(first.text) ? `"${first.text}" is` : 'this is';
    throw new PythonError(`${what} not a plain assignment, name = value`, line);
  }
  return { name: first.text, value: readPythonValue(tokens.slice(equals + 1), line), line };
}
