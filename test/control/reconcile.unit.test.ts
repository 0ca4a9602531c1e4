import { describe, expect, it } from 'vitest';
import type { TaskInfo } from '../../server/celery/inspect-reply.ts';
import type { TaskResult } from '../../server/celery/task-result.ts';
import { introduce, reconcile, type Knowledge, type OpenTask, type Sighting } from '../../server/control/reconcile.ts';

const now = 1000;

const info: TaskInfo = {
  id: 'u',
  name: 'shop.pay',
  args: '(1,)',
  kwargs: '{}',
  startedAt: 950,
  exchange: '',
  routingKey: 'celery',
  eta: null,
};

const success: TaskResult = {
  status: 'SUCCESS',
  doneAt: 960,
  result: '7',
  exception: null,
  traceback: null,
  name: null,
  worker: null,
  retries: null,
  routingKey: null,
};

function task(state: string, changes: Partial<OpenTask> = {}): OpenTask {
  return { uuid: 'u', state, timestamp: 900, worker: 'w1@a', isNamed: true, isDescribed: true, ...changes };
}

interface Scene {
  seen?: Sighting['source'];
  info?: Partial<TaskInfo>;
  result?: Partial<TaskResult>;
  resultsUnread?: boolean;
  revoked?: boolean;
  /** What is heard of w1@a, which has the task. */
  worker?: 'answers' | 'answers in part' | 'is silent' | 'was heard lately' | 'was born later' | 'was born before';
}

function knowledge({ seen, info: changes, result, resultsUnread, revoked, worker = 'answers' }: Scene): Knowledge {
  const answers = worker.startsWith('answers') || worker.startsWith('was born');
  const bornAt = worker === 'was born later' ? 990 : worker === 'was born before' ? 500 : null;
  const sighting = seen && { source: seen, hostname: 'w2@b', task: { ...info, ...changes } };
  return {
    sightings: {
      tasks: new Map(sighting ? [['u', sighting]] : []),
      revoked: new Set(revoked ? ['u'] : []),
      complete: new Map(answers && worker !== 'answers in part' ? [['w1@a', bornAt]] : []),
      answered: new Set(answers ? ['w1@a'] : []),
    },
    results: resultsUnread ? null : new Map(result ? [['u', { ...success, ...result }]] : []),
    isSilent: (hostname) => hostname === 'w1@a' && worker === 'is silent',
    now,
  };
}

const told = (open: OpenTask, scene: Scene) => reconcile([open], knowledge(scene))[0];

describe('what follows for a task', () => {
  const rules: [name: string, open: OpenTask, scene: Scene, fact: object | undefined][] = [
    ['nothing for one that ended', task('SUCCESS'), { seen: 'active', worker: 'is silent' }, undefined],
    ['it runs, where a worker says so', task('PENDING', { worker: null }), { seen: 'active' }, { source: 'active' }],
    ['it runs, though only received', task('RECEIVED'), { seen: 'active' }, { state: 'STARTED', worker: 'w2@b' }],
    ['it runs again, though lost', task('LOST'), { seen: 'active' }, { source: 'active' }],
    ['nothing new where it is seen to run', task('STARTED'), { seen: 'active' }, undefined],
    ['nothing new where it reports a state of its own', task('PROGRESS'), { seen: 'active' }, undefined],
    ['its name and arguments', task('STARTED', { isNamed: false }), { seen: 'active' }, { args: '(1,)' }],
    ['that it was received', task('PENDING', { worker: null }), { seen: 'reserved' }, { state: 'RECEIVED' }],
    ['when it is to run', task('RETRY'), { seen: 'scheduled', info: { eta: 'e' } }, { state: 'RECEIVED', eta: 'e' }],
    ['nothing new where it is held', task('RECEIVED'), { seen: 'reserved' }, undefined],
    ['its name, where it is held', task('RECEIVED', { isNamed: false }), { seen: 'reserved' }, { name: 'shop.pay' }],
    [
      'no more of it than is told',
      task('RECEIVED', { isDescribed: false }),
      { seen: 'reserved', info: { args: null } },
      undefined,
    ],
    [
      'its result',
      task('STARTED'),
      { result: {} },
      { source: 'result', state: 'SUCCESS', timestamp: 960, result: '7' },
    ],
    [
      'its result, also where it was only sent',
      task('PENDING', { worker: null }),
      { result: {} },
      { source: 'result' },
    ],
    ['its result, also where it was lost', task('LOST'), { result: {} }, { source: 'result' }],
    ['its result rather than a loss', task('STARTED'), { result: {}, worker: 'is silent' }, { source: 'result' }],
    ['its result rather than a revocation', task('STARTED'), { result: {}, revoked: true }, { source: 'result' }],
    ['no result of a run before', task('STARTED'), { result: {}, seen: 'active' }, undefined],
    ['no end from a result that is none', task('STARTED'), { result: { status: 'RETRY' } }, undefined],
    ['when a result without time was found', task('STARTED'), { result: { doneAt: null } }, { timestamp: now }],
    [
      'the loss of one that ran',
      task('STARTED'),
      { worker: 'is silent' },
      { source: 'lost', state: 'LOST', timestamp: now },
    ],
    ['the loss of one that was received', task('RECEIVED'), { worker: 'is silent' }, { source: 'lost' }],
    ['the loss of one with a state of its own', task('PROGRESS'), { worker: 'is silent' }, { source: 'lost' }],
    ['no loss twice', task('LOST'), { worker: 'is silent' }, undefined],
    ['no loss where another worker has it', task('STARTED'), { worker: 'is silent', seen: 'reserved' }, undefined],
    ['no loss of one in its queue', task('PENDING', { worker: null }), { worker: 'is silent' }, undefined],
    ['no loss of one to be retried', task('RETRY'), { worker: 'is silent' }, undefined],
    [
      'no loss where results could not be read',
      task('STARTED'),
      { worker: 'is silent', resultsUnread: true },
      undefined,
    ],
    ['no loss where its worker was heard lately', task('STARTED'), { worker: 'was heard lately' }, undefined],
    ['no loss where its worker answers', task('STARTED'), { worker: 'answers' }, undefined],
    [
      'the loss of one whose worker was started anew',
      task('STARTED'),
      { worker: 'was born later' },
      { source: 'lost' },
    ],
    ['no loss where its worker is as old as it', task('STARTED'), { worker: 'was born before' }, undefined],
    ['its revocation', task('RECEIVED'), { revoked: true }, { source: 'revoked', state: 'REVOKED', timestamp: now }],
    [
      'its revocation rather than its loss',
      task('STARTED'),
      { revoked: true, worker: 'is silent' },
      { source: 'revoked' },
    ],
    ['no revocation before its time', task('RECEIVED'), { revoked: true, seen: 'scheduled' }, undefined],
    ['no revocation of one in its queue', task('PENDING', { worker: null }), { revoked: true }, undefined],
    [
      'no revocation where its worker says half',
      task('RECEIVED'),
      { revoked: true, worker: 'answers in part' },
      undefined,
    ],
  ];

  it.each(rules)('is %s', (_name, open, scene, fact) => {
    if (fact === undefined) expect(told(open, scene)).toBeUndefined();
    else expect(told(open, scene)).toMatchObject(fact);
  });

  it('is later than all that is known, though its worker’s clock is ahead', () => {
    const ahead = task('STARTED', { timestamp: 5000 });
    expect(told(ahead, { worker: 'is silent' })!.timestamp).toBeGreaterThan(5000);
  });

  it('is an event of our own, with nothing in it that was not told', () => {
    expect(told(task('PENDING', { worker: null }), { seen: 'active', info: { args: null, kwargs: null } })).toEqual({
      type: 'task-inferred',
      uuid: 'u',
      hostname: 'herbarium',
      timestamp: now,
      clock: null,
      source: 'active',
      state: 'STARTED',
      name: 'shop.pay',
      exchange: '',
      routing_key: 'celery',
      started: 950,
      worker: 'w2@b',
    });
  });
});

it('a task that nobody heard of is introduced by the worker that has it', () => {
  const [known] = introduce([{ source: 'scheduled', hostname: 'w2@b', task: { ...info, eta: 'later' } }], now);
  expect(known).toMatchObject({ source: 'scheduled', state: 'RECEIVED', eta: 'later', worker: 'w2@b', timestamp: now });
});
