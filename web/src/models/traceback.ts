/** One step of a Python traceback. */
export interface Frame {
  /** As Python wrote it. */
  file: string;
  /** Without what is the same for every file of the library. */
  shownFile: string;
  line: number;
  /** Of the function; null: not told. */
  name: string | null;
  /** The source, with the marks that Python puts under it. */
  code: string;
  /** The task's own code rather than a library's. */
  isOwn: boolean;
}

export type TracePart =
  /** Frames that follow each other, all of the task's own or all of libraries. */
  | { kind: 'frames'; isOwn: boolean; frames: Frame[] }
  | { kind: 'error'; text: string }
  /** What Python says between two tracebacks: that one error led to the other. */
  | { kind: 'link'; text: string };

const frameForm = /^(\s*)File "(.+?)", line (\d+)(?:, in (.+))?$/;
const linkForm = /^(?:The above exception was the direct cause|During handling of the above exception)/;
const packages = /^.*?(?:site|dist)-packages\//;
const library = /^.*?\/lib\/python\d(?:\.\d+)?\//;
const frameworks = /(?:^|\/)(?:celery|kombu|billiard|vine|amqp)\//;

/**
 * The text of a traceback, part by part; null: it is none. `taskName`: its first part names the package of the task's own
 * code, wherever that is installed.
 */
export function readTraceback(text: string, taskName: string | null): TracePart[] | null {
  const own = taskName?.split('.')[0] ?? '';
  const parts: TracePart[] = [];
  let frame: Frame | null = null;
  let indent = 0;
  for (const line of text.split('\n')) {
    const [, space = '', file, number, name] = frameForm.exec(line) ?? [];
    if (file !== undefined) {
      frame = toFrame(file, Number(number), name ?? null, own);
      indent = space.length;
      addFrame(parts, frame);
    } else if (frame && line.length - line.trimStart().length > indent) {
      frame.code += `${frame.code === '' ? '' : '\n'}${line.slice(indent + 2)}`;
    } else if (frame && line.trimStart().startsWith('[Previous line repeated')) {
      frame.code += `\n${line.trim()}`;
    } else {
      frame = null;
      addText(parts, line);
    }
  }
  const frames = parts.flatMap((part) => (part.kind === 'frames' ? part.frames : []));
  return frames.length === 0 ? null : trimErrors(parts);
}

function toFrame(file: string, line: number, name: string | null, own: string): Frame {
  const inPackages = packages.test(file);
  const shownFile = file.replace(inPackages ? packages : library, '');
  const isOwnPackage = own !== '' && (shownFile.startsWith(`${own}/`) || shownFile === `${own}.py`);
  const isLibrary = inPackages || library.test(file) || file.startsWith('<frozen') || frameworks.test(file);
  return { file, shownFile, line, name, code: '', isOwn: isOwnPackage || !isLibrary };
}

function addFrame(parts: TracePart[], frame: Frame): void {
  const last = parts.at(-1);
  if (last?.kind === 'frames' && last.isOwn === frame.isOwn) last.frames.push(frame);
  else parts.push({ kind: 'frames', isOwn: frame.isOwn, frames: [frame] });
}

function addText(parts: TracePart[], line: string): void {
  if (/^\s*Traceback \(most recent call last\):$/.test(line)) return;
  if (linkForm.test(line.trim())) {
    parts.push({ kind: 'link', text: line.trim() });
    return;
  }
  const last = parts.at(-1);
  if (last?.kind === 'error') last.text += `\n${line}`;
  else if (line.trim() !== '') parts.push({ kind: 'error', text: line });
}

function trimErrors(parts: TracePart[]): TracePart[] {
  return parts.map((part) => (part.kind === 'error' ? { ...part, text: part.text.trimEnd() } : part));
}

/** `3 frames in celery and kombu` */
export function describeFrames(frames: readonly Frame[]): string {
  const places = [...new Set(frames.map(({ shownFile }) => shownFile.replace(/\.py$/, '').split('/')[0] ?? shownFile))];
  const shown = places.length > 3 ? [...places.slice(0, 2), `${places.length - 2} more`] : places;
  const list = shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
  return `${frames.length} ${frames.length === 1 ? 'frame' : 'frames'} in ${list}`;
}
