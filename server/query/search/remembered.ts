/**
 * In: a question about a segment, and how to answer it. Out: the answer, of a sealed segment the one that was given before.
 * What was asked once is asked again: by the next page of an open list every few seconds, by everyone who looks into the
 * same incident. It needs the newest segment only then, as the others' answers hold until a late event changes them.
 */
import type { SegmentData } from '../../store/segment-data.ts';
import { compareValues } from './order.ts';
import type { Answers, Question, QuestionOf, RowsAnswer, SegmentPosition } from './question.ts';

/** Answers kept a segment: some hundred bytes each, some kilobytes for many names. */
const mostAnswers = 200;
/** Rows of a page are kept, not those of an export. */
const mostRows = 256;

type Answer = Answers[Question['kind']];

interface Remembered {
  version: number | string;
  question: Question;
  answer: Answer;
}

/** Of segments that are open; least recently asked first. */
const remembered = new WeakMap<SegmentData, Map<string, Remembered>>();

export async function rememberAnswer(
  data: SegmentData,
  question: Question,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  if (question.kind === 'explain' || (question.kind === 'rows' && question.limit > mostRows)) return answer();
  const version = await data.version();
  if (version === null) return answer();
  const key = toKey(question);
  let answers = remembered.get(data);
  if (!answers) {
    answers = new Map<string, Remembered>();
    remembered.set(data, answers);
  }
  const known = answers.get(key);
  answers.delete(key);
  const told = known?.version === version ? readFrom(known, question) : null;
  if (told !== null) {
    answers.set(key, known!);
    return told;
  }
  const found = await answer();
  if (('partial' in found && found.partial) || (await data.version()) !== version) return found;
  answers.set(key, { version, question, answer: found });
  if (answers.size > mostAnswers) answers.delete(answers.keys().next().value!);
  return found;
}

/** The same for questions of which one's answer may hold for the other: for rows, how far they are read is left out. */
function toKey(question: Question): string {
  const asked = question.kind === 'rows' ? { ...question, limit: undefined, until: undefined } : question;
  // JSON makes null of infinite numbers.
  return JSON.stringify(asked, (_, value: unknown) => (Math.abs(value as number) === Infinity ? String(value) : value));
}

/** What is asked, as far as an answer tells it; null: not all of it. */
function readFrom({ question: asked, answer }: Remembered, question: Question): Answer | null {
  if (asked.kind !== 'rows' || question.kind !== 'rows') return answer;
  const { values, ids, partial } = answer as RowsAnswer;
  const { limit, until } = question;
  if (ids.length < limit && (ids.length === asked.limit || !reaches(asked, until))) return null;
  return { values: values.slice(0, limit), ids: ids.slice(0, limit), partial };
}

/** Whether rows up to `until` were of interest; null: up to the end. */
function reaches({ until: asked, sort, backward }: QuestionOf<'rows'>, until: SegmentPosition | null): boolean {
  if (asked === null || until === null) return asked === null;
  const order = compareValues(asked.value, until.value, sort.descending);
  if (order === 0 && asked.id === until.id) return true;
  return (order === 0 ? asked.id < until.id : order > 0) !== backward;
}
