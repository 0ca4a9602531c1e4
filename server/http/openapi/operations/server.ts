import { coverageRequest, maxCoverageBuckets } from '../../../contract/coverage.ts';
import { described, type Operation } from '../operation.ts';

const moment = 'epoch seconds, or a date and time such as `2026-11-20T06:00:00Z`';

export const serverOperations: readonly Operation[] = [
  {
    id: 'readStatus',
    tag: 'Server',
    method: 'get',
    path: '/api/status',
    summary: 'Version, brokers, ingest, store and the latest gaps',
    answer: { json: 'StatusBody' },
    refusals: { 503: 'json' },
  },
  {
    id: 'readCoverage',
    tag: 'Server',
    method: 'get',
    path: '/api/coverage',
    summary: 'How many of the tasks that workers say to have begun we saw, and the gaps',
    query: described(coverageRequest, {
      from: `Where it begins: ${moment}; 24 hours before \`to\` unless told`,
      to: `Where it ends: ${moment}; now unless told`,
      step: `Seconds of a bucket, of which there may be ${maxCoverageBuckets}; unless told, some 100 buckets`,
    }),
    answer: { json: 'CoverageBody' },
    refusals: { 503: 'json' },
  },
  {
    id: 'readRejects',
    tag: 'Server',
    method: 'get',
    path: '/api/rejects',
    summary: 'Messages that could not be read, and events that could not be stored, by reason',
    answer: { json: 'RejectsBody' },
    refusals: { 503: 'json' },
  },
  {
    id: 'readApiDocument',
    tag: 'Server',
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This document',
    answer: { text: ['application/json'] },
    refusals: { 501: 'json' },
  },
  {
    id: 'readMetrics',
    tag: 'Server',
    method: 'get',
    path: '/metrics',
    summary: 'Metrics for Prometheus, in its text format',
    answer: { text: ['text/plain'] },
    isOpen: true,
  },
  {
    id: 'checkHealth',
    tag: 'Server',
    method: 'get',
    path: '/healthcheck',
    summary: 'Whether the process answers: `OK`',
    answer: { text: ['text/plain'] },
    isOpen: true,
  },
];
