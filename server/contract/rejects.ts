/** Messages, and events in them, of one broker and content type that were put aside for the same reason. */
export interface RejectsOfReasonBody {
  /** What is wrong with them; where there is a setting that helps, that too. */
  reason: string;
  /** Without password. */
  broker: string;
  content_type: string | null;
  /** How many of them are kept. */
  count: number;
  /** When the first and the last of those came; epoch seconds. */
  first: number;
  last: number;
  /** Of the last one. */
  routing_key: string;
  /** How the last one begins; null where `format_task` says how tasks are shown, for no such function sees this. */
  excerpt: string | null;
}

/** `GET /api/rejects` */
export interface RejectsBody {
  /** Of the newest 1,000 that are kept, the latest reason first; at most 100. */
  rejects: RejectsOfReasonBody[];
}
