import type { Router } from 'express';
import {
  workersRequest,
  type Inspection,
  type InspectionField,
  type InspectionsBody,
  type WorkerStatusBody,
} from '../../contract/workers.ts';
import { showInspection } from '../../query/shown-inspection.ts';
import type { ShowTask } from '../../query/shown-task.ts';
import { checkForm, readParameters } from '../parameters.ts';
import { checkWorker, type Cluster } from './known.ts';
import { addReadRoute } from './read-route.ts';

/** Workers that send no events are known by their answers alone: how long one is taken for a sign of life, in seconds. */
const answerLastsS = 120;
/** Workers that are gone stay in the list of all for a day, and can be asked for by name as long as they are stored. */
const listedForS = 86_400;

export interface WorkerRoutesCluster extends Pick<Cluster, 'workers' | 'inspector' | 'now'> {
  showTask?: ShowTask;
}

export function addWorkerRoutes(router: Router, cluster: WorkerRoutesCluster): void {
  const { workers, inspector, showTask, now } = cluster;

  addReadRoute(router, '/workers', async (request, response) => {
    const { refresh, status, workername, fields } = checkForm(workersRequest, readParameters(request.url));
    if (refresh) await inspector.refresh(workername);
    if (workername !== undefined) checkWorker(workername, cluster);
    const isAsked = ([hostname]: [string, unknown]): boolean => workername === undefined || hostname === workername;
    if (status) response.json(Object.fromEntries(Object.entries(toStatus()).filter(isAsked)));
    else response.json(workername === undefined ? listAll(fields) : toBody(workername, fields));
  });

  function toStatus(): WorkerStatusBody {
    const silent = listRecent().filter(([hostname]) => workers.isAlive(hostname, now()) === undefined);
    const answered = silent.map(([hostname, { timestamp }]) => [hostname, now() - timestamp < answerLastsS] as const);
    return Object.fromEntries([...Object.entries(workers.status(now())), ...answered]);
  }

  function listRecent(): ReturnType<typeof inspector.list> {
    return inspector
      .list()
      .filter(
        ([hostname, { timestamp }]) =>
          !workers.isPurged(hostname, now(), timestamp) &&
          (workers.isAlive(hostname, now()) === true || now() - timestamp < listedForS),
      );
  }

  function listAll(fields?: readonly InspectionField[]): InspectionsBody {
    return Object.fromEntries(listRecent().map(([hostname, inspection]) => [hostname, toShown(inspection, fields)]));
  }

  /** Nothing, of one that has been heard and never answered. */
  function toBody(
    hostname: string,
    fields?: readonly InspectionField[],
  ): Record<string, InspectionsBody[string] | object> {
    const inspection = inspector.find(hostname);
    return Object.fromEntries([[hostname, inspection ? toShown(inspection, fields) : {}]]);
  }

  function toShown(inspection: Inspection, fields?: readonly InspectionField[]): Inspection {
    const part = fields ? pick(inspection, fields) : inspection;
    return showTask ? showInspection(part, showTask) : part;
  }
}

function pick(inspection: Inspection, fields: readonly InspectionField[]): Inspection {
  const known = fields.filter((field) => field in inspection);
  return {
    ...Object.fromEntries(known.map((field) => [field, inspection[field]])),
    timestamp: inspection.timestamp,
    ...(inspection.cut && { cut: inspection.cut }),
  };
}
