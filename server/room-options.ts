/** What each room is told of the configuration: plain options, never the whole of it. */
import { join, resolve } from 'node:path';
import { readTransportOptions } from './brokers/transport-options.ts';
import { options, type Config } from './config/options.ts';
import type { PageOptionsBody } from './contract/page.ts';
import type { openHttpServer } from './http/server.ts';
import type { Log } from './log.ts';
import { version } from './package-root.ts';
import type { StatusSources } from './query/status.ts';
import { engineOf } from './store/open-store.ts';
import type { RetentionLimits } from './store/retention.ts';
import type { IngestOptions } from './threads/open-ingest.ts';

/** With the history where that is a folder; else in the folder the program was started in, as the history would be. */
function placeOfSpool(given: string | null, db: string): string {
  return given ?? (engineOf(db) === 'postgres' ? resolve('herbarium-spool') : join(db, 'spool'));
}

type BrokerOptions = 'broker' | 'broker_transport_options' | 'control_exchange' | 'event_exchange';

/** Where the cluster's events, its workers and its tasks are to be had: what every way to the broker is opened with. */
export function toBrokerOptions(config: Pick<Config, BrokerOptions>) {
  return {
    url: config.broker,
    eventExchange: config.event_exchange,
    controlExchange: config.control_exchange,
    transport: readTransportOptions(config.broker_transport_options, 'broker_transport_options'),
  };
}

export function toIngestOptions(config: Config, db: string, log: Log): IngestOptions {
  return {
    log,
    store: {
      db,
      segmentTasks: config.segment_tasks,
      segmentSeconds: config.segment_hours * 3600,
      retention: { ...toRetentionLimits(config), metrics: config.retention_metrics },
    },
    brokers: [
      {
        ...toBrokerOptions(config),
        prefetch: config.events_prefetch,
        queue: {
          mode: config.events_queue,
          name: config.events_queue_name ?? undefined,
          expiresMs: config.events_queue_expires * 1000,
          maxBytes: config.events_queue_max_bytes,
        },
      },
    ],
    receiver: { enableEvents: config.enable_events, maxBacklogBytes: config.max_backlog_bytes },
    spool: { folder: placeOfSpool(config.spool, db), maxBytes: config.spool_max_bytes },
    protection: { redact: config.redact, maxFieldLength: config.max_field_length },
    writer: { flushIntervalMs: config.flush_interval, stateSaveIntervalMs: config.state_save_interval },
  };
}

type RetentionOptions = 'retention' | 'retention_failures' | 'retention_events' | 'max_db_size';

export function toRetentionLimits(config: Pick<Config, RetentionOptions>): RetentionLimits {
  const { retention: tasks, retention_failures: failures, retention_events: events, max_db_size: maxBytes } = config;
  return { tasks, failures, events, maxBytes };
}

export function toStatusOptions(config: Config): Pick<StatusSources, 'version' | 'readOnly' | 'limits'> {
  const { maxBytes: bytes, ...limits } = toRetentionLimits(config);
  return { version, readOnly: config.read_only, limits: { ...limits, bytes, metrics: config.retention_metrics } };
}

export function toHttpOptions(config: Config): Parameters<typeof openHttpServer>[0] {
  return {
    address: config.address,
    port: config.port,
    unixSocket: config.unix_socket ?? '',
    urlPrefix: config.url_prefix,
    xheaders: config.xheaders,
    certfile: config.certfile ?? '',
    keyfile: config.keyfile ?? '',
    caCerts: config.ca_certs ?? '',
    basicAuth: config.basic_auth,
    unauthenticatedApi: config.unauthenticated_api,
    cookieSecret: config.cookie_secret,
    maxTasks: config.max_tasks,
    readOnly: config.read_only,
    pageSettings: toPageOptions(config),
  };
}

/** The table of tasks has a better form of Flower's own columns: ids under names, outcomes under arguments. */
function toPageOptions(config: Config): PageOptionsBody {
  const isOwn = config.tasks_columns.join() === options.tasks_columns.default.join();
  return {
    tasks_columns: isOwn ? null : config.tasks_columns,
    auto_refresh: config.auto_refresh,
    natural_time: config.natural_time,
    result_backend: config.result_backend !== null,
  };
}
