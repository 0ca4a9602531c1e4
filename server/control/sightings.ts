import type { Sighting, Sightings } from './reconcile.ts';
import type { InspectAnswers, InspectReply, RemoteControl } from './remote-control.ts';

/**
 * Asks all workers at once what they run, hold, schedule and remember as revoked, and since when they live.
 * @throws {AppError} `broker_unavailable`
 */
export async function askForSightings(
  control: Pick<RemoteControl, 'inspect'>,
  timeoutMs: number,
  now: () => number,
): Promise<Sightings> {
  const ask = <Method extends keyof InspectAnswers>(method: Method) =>
    control.inspect(method, {} as never, { timeoutMs });
  const askedAt = now();
  const [scheduled, reserved, active, revoked, stats] = await Promise.all([
    ask('scheduled'),
    ask('reserved'),
    ask('active'),
    ask('revoked'),
    ask('stats'),
  ]);
  const lists = { scheduled, reserved, active };
  // Whose `stats` came too late has to be asked again: without them nobody knows whether it was started anew.
  const complete = [...stats.keys()].filter((hostname) =>
    Object.values(lists).every((replies) => replies.get(hostname)?.ok),
  );
  return {
    tasks: new Map(
      (['scheduled', 'reserved', 'active'] as const)
        .flatMap((source) => toSightings(source, lists[source]))
        .map((sighting) => [sighting.task.id, sighting]),
    ),
    revoked: new Set([...revoked.values()].flatMap((reply) => (reply.ok ? reply.value : []))),
    complete: new Map(complete.map((hostname) => [hostname, toBirth(stats.get(hostname), askedAt)])),
    answered: new Set([scheduled, reserved, active, revoked, stats].flatMap((replies) => [...replies.keys()])),
  };
}

function toSightings(
  source: Sighting['source'],
  replies: ReadonlyMap<string, InspectReply<'active' | 'reserved' | 'scheduled'>>,
): Sighting[] {
  return [...replies].flatMap(([hostname, reply]) =>
    reply.ok ? reply.value.map((task) => ({ source, hostname, task })) : [],
  );
}

function toBirth(reply: InspectReply<'stats'> | undefined, askedAt: number): number | null {
  const uptimeS = reply?.ok ? reply.value.uptimeS : null;
  return uptimeS === null ? null : askedAt - uptimeS;
}
