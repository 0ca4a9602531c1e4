import compression from 'compression';
import express, { Router, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { constants } from 'node:zlib';
import type { Access } from '../auth/access.ts';
import type { PageOptionsBody } from '../contract/page.ts';
import type { InspectorView } from '../control/inspector.ts';
import type { Orders } from '../control/orders.ts';
import type { QueueView } from '../control/queue-watch.ts';
import { AppError } from '../errors.ts';
import type { Metrics } from '../live/metrics.ts';
import type { WorkerRegistry } from '../live/worker-registry.ts';
import type { Log } from '../log.ts';
import type { AllQueueDepthsQuery, QueueDepthQuery } from '../query/queue-depths.ts';
import type { CoverageQuery, StatusQuery, TaskQueries } from '../query/queries.ts';
import type { RejectsQuery } from '../query/rejects.ts';
import type { SearchAnswers } from '../query/search-answers.ts';
import type { ShowTask } from '../query/shown-task.ts';
import { openErrorHandler } from './errors.ts';
import { answerOptions, guardApi } from './guard.ts';
import { createPageRouter } from './pages.ts';
import { addApiDocumentRoute } from './routes/api-document.ts';
import { addCoverageRoute } from './routes/coverage.ts';
import { addExportRoute } from './routes/export.ts';
import { addHealthRoute } from './routes/health.ts';
import { addMetricsRoute } from './routes/metrics.ts';
import { addQueueRoutes } from './routes/queues.ts';
import { addRejectsRoute } from './routes/rejects.ts';
import { addSearchRoutes } from './routes/search.ts';
import { addStatusRoute } from './routes/status.ts';
import { addTaskControlRoutes } from './routes/task-control.ts';
import { addTaskPublishRoutes, type CallServices } from './routes/task-publish.ts';
import { addTaskResultRoutes } from './routes/task-results.ts';
import { addTaskRoutes } from './routes/tasks.ts';
import { addWorkerControlRoutes } from './routes/worker-control.ts';
import { addWorkerRoutes } from './routes/workers.ts';

export interface ExpressOptions {
  /** Empty, or `/prefix`: see `toUrlPrefix`. */
  urlPrefix: string;
  /** Whether a proxy stands in front, whose X-Forwarded-… headers tell who asks, and how. */
  xheaders: boolean;
  /** How many tasks a list holds when the caller sets no limit. */
  maxTasks: number;
  /** Whether everything that would change a worker or a task is refused. */
  readOnly: boolean;
  pageSettings: PageOptionsBody;
}

export interface ExpressServices {
  calls: CallServices;
  tasks: TaskQueries;
  search: SearchAnswers;
  workers: WorkerRegistry;
  inspector: InspectorView;
  orders: Orders;
  /** How tasks that workers tell of are seen; as they are when left out. */
  showTask?: ShowTask;
  queues: QueueView;
  depths: QueueDepthQuery;
  allDepths: AllQueueDepthsQuery;
  status: StatusQuery;
  coverage: CoverageQuery;
  rejects: RejectsQuery;
  metrics: Pick<Metrics, 'contentType' | 'text'>;
  log: Log;
  /** The built web app. */
  webRoot: string;
  /** The built document of the API. */
  apiDocument: string;
  access: Access;
  /** Epoch seconds. */
  now: () => number;
}

/** No request needs more: there is nothing to upload. */
const maxBodyBytes = 1024 * 1024;

/** The whole site under its prefix: `/healthcheck`, `/metrics`, the API and the pages. */
export function createExpressApp(options: ExpressOptions, services: ExpressServices): Express {
  const app = express();
  app.set('case sensitive routing', true);
  app.set('query parser', false);
  app.set('etag', false);
  // One hop: what the proxy itself has added, not what its client claims.
  app.set('trust proxy', options.xheaders ? 1 : false);
  app.use(setSecurityHeaders(), limitBody);
  app.use(compress());
  app.use(toMountPath(options.urlPrefix), createSite(options, services));
  app.use((request) => {
    throw new AppError('not_found', `There is nothing at ${request.path}`);
  });
  app.use(openErrorHandler(services.log));
  return app;
}

function createSite(options: ExpressOptions, services: ExpressServices): Router {
  const { urlPrefix, xheaders, maxTasks, readOnly, pageSettings: settings } = options;
  const { access, now } = services;
  const site = Router({ caseSensitive: true });
  site.use(answerOptions(access));
  addHealthRoute(site);
  addMetricsRoute(site, services.metrics);
  site.use('/api', guardApi(access, { xheaders, now }), createApi({ urlPrefix, maxTasks, readOnly }, services));
  site.use(createPageRouter({ webRoot: services.webRoot, urlPrefix, settings, access, now }));
  return site;
}

function createApi(
  { urlPrefix, maxTasks, readOnly }: Pick<ExpressOptions, 'urlPrefix' | 'maxTasks' | 'readOnly'>,
  services: ExpressServices,
): Router {
  const { tasks, search, workers, inspector, orders, calls, showTask, status, coverage, rejects, log, now } = services;
  const api = Router({ caseSensitive: true });
  addTaskRoutes(api, tasks, { maxTasks, now, linksOf: calls.linksOf });
  addSearchRoutes(api, search);
  addExportRoute(api, search, now);
  addWorkerRoutes(api, { workers, inspector, showTask, now });
  const cluster = { workers, inspector, orders, tasks, log, now };
  addWorkerControlRoutes(api, { readOnly }, cluster);
  addTaskControlRoutes(api, { readOnly }, cluster);
  addTaskPublishRoutes(api, { readOnly }, { ...cluster, ...calls });
  addTaskResultRoutes(api, { readOnly }, { log, results: calls.results });
  addQueueRoutes(api, services);
  addStatusRoute(api, status);
  addCoverageRoute(api, coverage, now);
  addRejectsRoute(api, rejects);
  addApiDocumentRoute(api, { file: services.apiDocument, urlPrefix });
  api.use((request) => {
    throw new AppError('not_found', `There is no ${request.baseUrl}${request.path}`);
  });
  return api;
}

/** Lists are long and much alike: the fastest level already makes them a tenth, at a small part of the time. */
function compress(): RequestHandler {
  return compression({
    level: constants.Z_BEST_SPEED,
    brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } },
    // The table of types that it knows has no newline-delimited JSON.
    filter: (request, response) =>
      String(response.getHeader('Content-Type')).startsWith('application/x-ndjson') ||
      compression.filter(request, response),
  });
}

function setSecurityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        fontSrc: ["'self'"],
        // To browsers, the WebSocket of the same host and port is 'self' too.
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
      },
    },
    // It would bind every other service of this host, on any port, to TLS.
    strictTransportSecurity: false,
    // Browsers only heed it under TLS, and complain in the console of every page without.
    crossOriginOpenerPolicy: false,
  });
}

const limitBody: RequestHandler = (request, response, next) => {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
    response.set('Connection', 'close');
    throw new AppError('too_large', `A request body may have ${maxBodyBytes} bytes`);
  }
  next();
};

/** The router reads some characters of a path as its own language. */
function toMountPath(urlPrefix: string): string {
  return urlPrefix === '' ? '/' : urlPrefix.replace(/[{}()[\]+?!:*\\]/g, '\\$&');
}
