import type { SegmentData } from '../../store/segment-data.ts';

/** Answers kept a segment: some hundred bytes each, some kilobytes for many names. */
const mostAnswers = 200;

interface Remembered {
  version: number | string;
  answer: unknown;
}

/** Of segments that are open; least recently asked first. */
const remembered = new WeakMap<SegmentData, Map<string, Remembered>>();

/** Answers of a sealed segment hold until a late event changes it, so that what is asked again needs the newest only. */
export async function rememberAnswer<T extends object>(
  data: SegmentData,
  question: object,
  answer: () => Promise<T>,
): Promise<T> {
  const version = await data.version();
  if (version === null) return answer();
  const key = JSON.stringify(question);
  let answers = remembered.get(data);
  if (!answers) {
    answers = new Map<string, Remembered>();
    remembered.set(data, answers);
  }
  const known = answers.get(key);
  answers.delete(key);
  if (known?.version === version) {
    answers.set(key, known);
    return known.answer as T;
  }
  const found = await answer();
  if (('partial' in found && found.partial) || (await data.version()) !== version) return found;
  answers.set(key, { version, answer: found });
  if (answers.size > mostAnswers) answers.delete(answers.keys().next().value!);
  return found;
}
