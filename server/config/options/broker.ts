import { boolean, bytes, celeryUrl, choice, duration, httpUrl, integer, jsonObject, text, textList } from '../kinds.ts';
import { option } from '../option.ts';

/** Where tasks and events come from, and the way there. */
export const broker = {
  broker: option(celeryUrl, {
    group: 'Broker',
    short: 'b',
    env: ['CELERY_BROKER_URL'],
    fileKeys: ['broker_url', 'BROKER_URL', 'CELERY_BROKER_URL'],
    default: 'amqp://guest:guest@localhost:5672//',
    secret: 'of a url',
    help: "URL of the broker, as in Celery's broker_url; several to fail over to stand with ; between",
  }),
  broker_transport_options: option(jsonObject, {
    group: 'Broker',
    isNew: true,
    default: {},
    shownDefault: '{}',
    secret: 'of an object',
    help: "Celery's setting of this name, as JSON: global_keyprefix, fanout_prefix, fanout_patterns, master_name, sentinel_kwargs and so on",
  }),
  broker_api: option(httpUrl, {
    group: 'Broker',
    default: null,
    secret: 'of a url',
    help: "URL of RabbitMQ's management API, such as http://user:password@localhost:15672/api/",
  }),
  queues: option(textList, {
    group: 'Broker',
    isNew: true,
    default: [],
    shownDefault: 'none',
    help: 'Queues to look at besides those that workers consume',
  }),
  queue_interval: option(duration('s', 0, 86_400), {
    group: 'Broker',
    isNew: true,
    default: 10,
    help: 'Seconds between two looks at the queues; 0: only when asked, and no history of them',
  }),
  result_backend: option(celeryUrl, {
    group: 'Broker',
    env: ['CELERY_RESULT_BACKEND'],
    fileKeys: ['CELERY_RESULT_BACKEND'],
    default: null,
    secret: 'of a url',
    help: "URL of the result backend, as in Celery's setting of this name: Redis in any of its forms, rpc://, db+postgresql://, db+mysql://, db+mariadb:// or db+sqlite:///",
  }),
  result_backend_transport_options: option(jsonObject, {
    group: 'Broker',
    isNew: true,
    default: {},
    shownDefault: '{}',
    secret: 'of an object',
    help: "Celery's setting of this name, as JSON: global_keyprefix, master_name, sentinel_kwargs",
  }),
  enable_events: option(boolean, {
    group: 'Broker',
    default: true,
    help: 'Tell the workers every 5 s to send events',
  }),
  event_exchange: option(text('a name', 'name', /\S/), {
    group: 'Broker',
    isNew: true,
    default: 'celeryev',
    help: "Exchange of events, as in Celery's setting of this name",
  }),
  control_exchange: option(text('a name', 'name', /\S/), {
    group: 'Broker',
    isNew: true,
    default: 'celery',
    help: "Exchange of control messages, as in Celery's setting of this name",
  }),
  events_queue: option(choice(['durable', 'transient']), {
    group: 'Broker',
    isNew: true,
    default: 'durable',
    help: 'On RabbitMQ, whether the queue of events outlives Herbarium and keeps what happens while it is down',
  }),
  events_queue_name: option(text('a name', 'name', /\S/), {
    group: 'Broker',
    isNew: true,
    default: null,
    shownDefault: 'made from the id of the store',
    help: 'On RabbitMQ, the name of the queue of events',
  }),
  events_queue_expires: option(duration('s', 1, 4_294_967), {
    group: 'Broker',
    isNew: true,
    default: 3600,
    help: 'On RabbitMQ, after how many seconds without Herbarium the queue removes itself',
  }),
  events_queue_max_bytes: option(bytes(1024), {
    group: 'Broker',
    isNew: true,
    default: 2 ** 30,
    shownDefault: '1GiB',
    help: 'On RabbitMQ, how many bytes the queue may hold; the oldest events give way, which is noted as a gap',
  }),
  events_prefetch: option(integer(1, 65_535), {
    group: 'Broker',
    isNew: true,
    // 206,000 events flat out, in µs of CPU an event and MB of memory at the peak: 1,000: 29.6, 305; 2,000: 27.2, 315;
    // 5,000: 24.3, 322; 10,000: 22.2, 375; 20,000: 23.2, 348. All were stored 1 to 5 s after the last was published.
    default: 5000,
    help: 'On RabbitMQ, how many messages, of an event or a group of them, may be in memory, not yet stored; the rest waits in the queue',
  }),
} as const;
