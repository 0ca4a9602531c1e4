import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisServer } from '../test/helpers/redis-server.ts';
import { makeVhost } from '../test/helpers/rabbitmq.ts';
import { startWorker, sendTask } from '../test/helpers/celery.ts';
const redis = await startRedisServer();
const vhost = await makeVhost('shell');
const r = `redis://127.0.0.1:${redis.port}/3`;
writeFileSync('/tmp/sh/brokers', `R=${r}\nA=${vhost.url}\n`);
const w1 = await startWorker({ brokerUrl: r, name: 'w1@shop' });
const w2 = await startWorker({ brokerUrl: vhost.url, name: 'w2@shop' });
console.log('ready');
let stop = false;
process.on('SIGTERM', () => (stop = true));
const until = Date.now() + 45 * 60_000;
for (let i = 0; !stop && Date.now() < until; i++) { 
  await sendTask({ brokerUrl: r, task: i % 3 ? 'shop.reports.count' : 'shop.greetings.say', args: i % 3 ? [i % 20] : ['hello world'] }).catch(() => {});
  await sleep(3000);
}
await w1.kill(); await w2.kill(); await vhost.remove(); await redis.remove();
