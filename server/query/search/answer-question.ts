/**
 * In: a question about one segment, beside its data. Out: its answer. Runs in a reader thread; gives way to short
 * questions every few milliseconds, and stops when its time is up or nobody waits for it any more.
 */
import type { SegmentData, Stop } from '../../store/segment-data.ts';
import { explainPlan } from './explain.ts';
import { Pace } from './pace.ts';
import type { Answers, Question } from './question.ts';
import { rememberAnswer } from './remembered.ts';
import { Scan } from './scan.ts';
import { countFacets, countOverTime, countRows, countRuntimesOverTime } from './tallies.ts';
import { topRows } from './top-rows.ts';

/** Ids of a list that are read for a page: some 8 ms; for more it is quicker to look at the rows. */
const mostIdsForRows = 32_768;

/** Counts have little time: on a busy machine too they are whole of a segment so small that it takes none. */
const leastSteps = 8;

type Answer = Answers[Question['kind']];

export async function answerQuestion(data: SegmentData, asked: unknown, stop: Stop): Promise<Answer> {
  const question = asked as Question;
  return rememberAnswer(data, question, () => answer(data, question, stop));
}

async function answer(data: SegmentData, question: Question, stop: Stop): Promise<Answer> {
  const mostIds = question.kind === 'rows' ? mostIdsForRows : Infinity;
  const scan = await Scan.open(data, question, mostIds, new Pace(stop, question.kind === 'rows' ? 0 : leastSteps));
  switch (question.kind) {
    case 'rows':
      return topRows(scan, question);
    case 'count':
      return countRows(scan);
    case 'facets':
      return countFacets(scan, question);
    case 'histogram':
      return countOverTime(scan, question);
    case 'runtimes':
      return countRuntimesOverTime(scan, question);
    case 'explain':
      return explainPlan(scan);
  }
}
