/** Why a request was refused. Causes are stable: they are never renamed or given another meaning. */
export const REJECTION_CAUSES = [
  /** Nothing is where the signature or the token should be. */
  "signature_missing",
  /** What is there is none, or there are too many. */
  "malformed_signature",
  /** It was made with another secret, or of something else. */
  "signature_mismatch",
  /** A field is not there that is signed with the body. */
  "signed_field_missing",
  "timestamp_missing",
  "malformed_timestamp",
  /** Signed, but too long ago, or too far ahead. */
  "timestamp_out_of_tolerance",
  /** The body is no form, and the URL does not have its digest. */
  "body_digest_missing",
  "body_digest_mismatch",
  /** None of the secrets is one of this scheme: a fault of the configuration. */
  "no_usable_secret",
] as const;

export type RejectionCause = (typeof REJECTION_CAUSES)[number];

export interface Rejection {
  readonly kind: "rejected";
  readonly cause: RejectionCause;
}
