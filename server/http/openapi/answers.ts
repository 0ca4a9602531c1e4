import type { MessageBody } from '../../contract/control.ts';
import type { CoverageBody } from '../../contract/coverage.ts';
import type { ErrorBody } from '../../contract/errors.ts';
import type { ResultBody, RetriedBody, SentBody } from '../../contract/publish.ts';
import type {
  BrokerBody,
  QueueDepthsBody,
  QueueHistoryBody,
  QueueLengthsBody,
  QueuesBody,
} from '../../contract/queues.ts';
import type { RejectsBody } from '../../contract/rejects.ts';
import type {
  ExplainBody,
  FacetsBody,
  HistogramBody,
  RuntimesBody,
  SearchBody,
  SuggestBody,
} from '../../contract/search.ts';
import type { StatusBody } from '../../contract/status.ts';
import type { TaskBody, TaskEventsBody, TaskInfoBody, TaskTypesBody, WorkflowBody } from '../../contract/tasks.ts';
import type { Inspection, WorkerStatusBody } from '../../contract/workers.ts';

/** `GET /api/tasks`: by id, in the order asked for. */
export type TaskListBody = Record<string, TaskBody>;

/** `GET /api/workers`, by host name. Of a worker that was heard, and never answered, nothing is known: `{}`. */
export type WorkersBody = Record<string, Inspection | Record<string, never>> | WorkerStatusBody;

/** Every JSON body that the API answers with, by its name in the document: its schema is made from the type. */
export interface Answers {
  TaskListBody: TaskListBody;
  TaskInfoBody: TaskInfoBody;
  TaskEventsBody: TaskEventsBody;
  TaskTypesBody: TaskTypesBody;
  WorkflowBody: WorkflowBody;
  SearchBody: SearchBody;
  FacetsBody: FacetsBody;
  HistogramBody: HistogramBody;
  RuntimesBody: RuntimesBody;
  SuggestBody: SuggestBody;
  ExplainBody: ExplainBody;
  WorkersBody: WorkersBody;
  MessageBody: MessageBody;
  ResultBody: ResultBody;
  SentBody: SentBody;
  RetriedBody: RetriedBody;
  CoverageBody: CoverageBody;
  QueueLengthsBody: QueueLengthsBody;
  QueuesBody: QueuesBody;
  QueueHistoryBody: QueueHistoryBody;
  QueueDepthsBody: QueueDepthsBody;
  BrokerBody: BrokerBody;
  RejectsBody: RejectsBody;
  StatusBody: StatusBody;
  ErrorBody: ErrorBody;
}
