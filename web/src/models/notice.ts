import type { BrokerStatusBody, StatusBody } from '../../../server/contract/status.ts';
import { formatAge, formatDuration } from './duration.ts';
import { toGapReason } from './gap.ts';
import { countOf } from './number.ts';
import { formatStretch, type Zone } from './time.ts';

/** How the page stands to the server. */
export type Reach =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** It does not answer at all. */
  | { kind: 'unreachable'; since: number; retryAt: number }
  /** It answers, but the WebSocket does not come about. */
  | { kind: 'no-socket'; since: number; retryAt: number }
  /** It answers that we may not. */
  | { kind: 'refused' };

/** Something the reader must know before trusting the page. */
export interface Notice {
  id: string;
  tone: 'failure' | 'retry';
  title: string;
  text: string;
  /** What its reader can do: have the connection tried again now, or load the page anew. */
  action?: 'retry' | 'reload';
}

/** How long a gap that has ended stays on every page; the lists it touches name it for ever. */
const freshGapS = 15 * 60;
const lagLimitMs = 5000;

export function toNotices(reach: Reach, status: StatusBody | null, nowS: number, zone: Zone): Notice[] {
  const own = toReachNotice(reach, nowS);
  // What the server said last is old news while it does not answer.
  if (reach.kind === 'unreachable' || reach.kind === 'refused' || !status) return own ? [own] : [];
  return [
    ...(own ? [own] : []),
    ...toBrokerNotices(status, nowS),
    ...toLagNotices(status),
    ...toGapNotices(status, nowS, zone),
  ];
}

function toReachNotice(reach: Reach, nowS: number): Notice | null {
  switch (reach.kind) {
    case 'connecting':
    case 'live':
      return null;
    case 'refused':
      return {
        id: 'access',
        tone: 'failure',
        title: 'Herbarium’s server no longer lets this page read',
        text: 'The page shows what was known before. Reload it, and sign in if you are asked to.',
        action: 'reload',
      };
    case 'unreachable':
      return {
        id: 'server',
        tone: 'failure',
        title: 'Herbarium’s server does not answer',
        text: `The page shows what was known ${formatAge(nowS - reach.since)} ago. ${nextTry(reach.retryAt, nowS)}`,
        action: 'retry',
      };
    case 'no-socket':
      return {
        id: 'server',
        tone: 'retry',
        title: 'Nothing on this page is live',
        text: `The server answers, but its WebSocket does not open; a proxy on the way may not pass it on. ${nextTry(reach.retryAt, nowS)}`,
        action: 'retry',
      };
  }
}

function nextTry(retryAt: number, nowS: number): string {
  const left = Math.ceil(retryAt - nowS);
  return left > 0 ? `Next try in ${left} s.` : 'Trying again now.';
}

function toBrokerNotices(status: StatusBody, nowS: number): Notice[] {
  return status.brokers
    .filter((broker) => !broker.connected && (broker.error !== null || broker.since !== null))
    .map((broker) => ({
      id: `broker ${broker.url}`,
      tone: 'failure',
      title: `Not connected to ${broker.url}`,
      text: `${toBrokerReason(broker, nowS)} Nothing new can be seen until it returns.`,
    }));
}

/** `For 42 s: connect ECONNREFUSED 10.0.12.7:6379.` */
function toBrokerReason({ url, since, error }: BrokerStatusBody, nowS: number): string {
  // The title names the broker.
  const why = error?.startsWith(`${url}: `) ? error.slice(url.length + 2) : error;
  return endSentence([since === null ? null : `For ${formatAge(nowS - since)}`, why].filter(Boolean).join(': '));
}

const endSentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

function toLagNotices({ ingest }: StatusBody): Notice[] {
  if (ingest.backlog === 0 || ingest.lag_ms < lagLimitMs) return [];
  const text = `${countOf(ingest.backlog, 'message')} received and not stored yet. They are safe, and late.`;
  return [{ id: 'lag', tone: 'retry', title: `${formatDuration(ingest.lag_ms / 1000)} behind`, text }];
}

function toGapNotices({ gaps }: StatusBody, nowS: number, zone: Zone): Notice[] {
  return gaps
    .filter((gap) => gap.to !== null && nowS - gap.to < freshGapS)
    .map((gap) => {
      const to = gap.to ?? nowS;
      return {
        id: `gap ${gap.from} ${gap.broker}`,
        tone: 'retry',
        title: `Not seen: ${formatStretch(gap.from, to, nowS, zone)} (${formatDuration(to - gap.from)})`,
        text: `${capital(toGapReason(gap))}. Tasks of that time may be missing, or look unfinished.`,
      };
    });
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
