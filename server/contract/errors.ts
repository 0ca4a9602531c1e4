/** Every error a caller of Herbarium can meet. Codes, never HTTP statuses: `http/errors.ts` maps each to one. */
export const errorCodes = [
  'bad_request',
  'unauthenticated',
  'unauthenticated_api',
  'forbidden',
  'read_only',
  'not_found',
  'method_not_allowed',
  'too_large',
  'bad_config',
  'broker_unavailable',
  'store_unavailable',
  'not_supported',
  'cancelled',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** The one form in which an error leaves the server. `error` is the sentence a person reads, as in Flower. */
export interface ErrorBody {
  error: string;
  code: ErrorCode;
  /** What was wrong with which input, when there is more than one thing to say. */
  details?: ErrorDetail[];
}

export interface ErrorDetail {
  /** The option, parameter or field. */
  path: string;
  message: string;
  /** Of a search: where it went wrong, as UTF-16 offsets, `end` exclusive, and what would have been accepted there. */
  at?: number;
  end?: number;
  expected?: readonly string[];
}
