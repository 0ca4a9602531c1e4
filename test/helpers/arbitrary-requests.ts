import fc from 'fast-check';

/** A request to a route of the API, with whatever somebody may send there. */
export interface OddRequest {
  path: string;
  init: RequestInit;
}

const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', ' ', '0', '-1', '1', '1001', '1e3', '0x1', 'NaN', 'Infinity', '-0', '1.5', '9'.repeat(400)),
  fc.constantFrom('true', 'null', '[]', '{"a": [1]}', '__proto__', 'constructor', '../..', '*', '#', '(((', '"'),
  fc.constantFrom('celeryev', 'celery.pidbox', 'amq.direct', 'q'.repeat(255), 'ü'.repeat(128), 'x'.repeat(5000)),
  fc.constantFrom('\u0000', '\ud800', '2024-02-30 25:61', 'name', '-started'),
);
/** As many as a small machine can bear: what is valid is done. */
const fewProcesses = fc.constantFrom('1', '2');
const names =
  'n min max queue exchange exchange_type routing_key workername soft hard ratelimit terminate signal timeout status ' +
  'limit offset sort_by taskname state received_start started_end search q from to sort zone cursor step group_by ' +
  'fields format queue[] n[a] queue.name';
const optionNames =
  'args kwargs countdown eta expires queue exchange routing_key priority retry serializer compression headers link ' +
  'link_error time_limit soft_time_limit retries task_id shadow root_id nothing';

/** Questions that may have a parameter, and those about one task. */
const lists =
  'workers tasks task/types queues queues/length queues/history queues/depths broker status coverage rejects export search ' +
  'search/facets search/histogram search/runtimes search/suggest search/explain openapi.json nothing';
const aboutOne = 'task/info task/events task/result task/workflow';
const onWorker = 'pool/restart pool/grow pool/shrink pool/autoscale queue/add-consumer queue/cancel-consumer'.split(
  ' ',
);
const onTask = 'timeout rate-limit revoke abort'.split(' ');
const thatCall = 'apply async-apply send-task retry'.split(' ');

/** Shuts none of `workers` down, and waits for no result for long. */
export function arbitraryRequest(workers: readonly string[], task: string): fc.Arbitrary<OddRequest> {
  const parameter = fc.oneof(
    fc.tuple(fc.constantFrom(...names.split(' ')), oddText),
    fc.tuple(fc.constantFrom('n', 'min', 'max'), fewProcesses),
    fc.tuple(fc.constant('workername'), fc.constantFrom(...workers)),
    fc.tuple(oddText, oddText),
  );
  const query = fc.array(parameter, { maxLength: 8 }).map(toQuery);
  const worker = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...workers) }, oddText);
  const aTask = fc.oneof({ weight: 3, arbitrary: fc.constant(task) }, oddText);
  const paths = fc.oneof(
    { weight: 6, arbitrary: toPath('worker/', onWorker, worker) },
    {
      weight: 1,
      arbitrary: toPath(
        'worker/',
        ['shutdown'],
        oddText.filter((name) => !workers.includes(name)),
      ),
    },
    { weight: 4, arbitrary: toPath('task/', onTask, aTask) },
  );
  const acts = fc
    .tuple(paths, query, arbitraryBody(query))
    .map(([path, search, init]) => ({ path: `${path}?${search}`, init }));
  const tasks = fc.tuple(toPath('task/', thatCall, aTask), query, arbitraryCall).map(([path, search, init]) => ({
    path: `${path}?${search}&timeout=0.2`,
    init,
  }));
  const places = fc.oneof(fc.constantFrom(...lists.split(' ')), toPath('', aboutOne.split(' '), aTask));
  const questions = fc
    .tuple(places, query)
    .map(([path, search]) => ({ path: `${path}?${search}&timeout=0.2`, init: {} }));
  return fc.oneof({ weight: 3, arbitrary: acts }, { weight: 2, arbitrary: tasks }, { weight: 2, arbitrary: questions });
}

function toPath(folder: string, routes: readonly string[], name: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...routes), name).map(([route, each]) => `${folder}${route}/${toSegment(each)}`);
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => new Uint8Array(array));
const typed = (type: string, body: fc.Arbitrary<string | Uint8Array<ArrayBuffer>>): fc.Arbitrary<RequestInit> =>
  body.map((text) => ({ method: 'POST', headers: { 'content-type': type }, body: text }));

function arbitraryBody(form: fc.Arbitrary<string>): fc.Arbitrary<RequestInit> {
  const urlencoded = 'application/x-www-form-urlencoded';
  return fc.oneof(
    { weight: 4, arbitrary: typed(urlencoded, form) },
    fc.constant({ method: 'POST' }),
    typed(urlencoded, bytes),
    typed(urlencoded, fc.constantFrom(`queue=${'x'.repeat(200_000)}`, '&'.repeat(60_000))),
    typed(`${urlencoded}; charset=klingon`, form),
    typed('application/json', fc.json()),
    typed('multipart/form-data', bytes),
  );
}

/** Bodies of what sends tasks: options right and wrong, and what is no JSON. */
const arbitraryCall: fc.Arbitrary<RequestInit> = fc.oneof(
  {
    weight: 4,
    arbitrary: typed(
      'application/json',
      fc
        .dictionary(
          fc.constantFrom(...optionNames.split(' ')),
          fc.oneof(oddText, fc.jsonValue(), fc.integer(), fc.constantFrom([1, 2], { '!': 'short' }, { size: 200 }, {})),
          { maxKeys: 4 },
        )
        .map((options) => JSON.stringify(options)),
    ),
  },
  typed(
    'application/json',
    fc.constantFrom('[1]', '{"args": [1', '['.repeat(20_000), `{"args": ["${'x'.repeat(1_200_000)}"]}`),
  ),
  typed('application/x-www-form-urlencoded', bytes),
  fc.constant({ method: 'POST' }),
);

function toQuery(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${toSegment(name)}=${toSegment(value)}`).join('&');
}

/** Half a surrogate pair cannot be encoded, and goes as bytes that are no UTF-8. */
function toSegment(text: string): string {
  return /\p{Cs}/u.test(text) ? '%ED%A0%80%FF' : encodeURIComponent(text);
}
