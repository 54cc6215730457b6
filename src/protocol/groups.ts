import type { FailurePolicy } from "../domain/group.ts";

/** A group as it is stored together with its members. */
export interface GroupDraft {
  readonly id: string;
  readonly name: string | null;
  readonly onFailure: FailurePolicy;
  /** The types of its members and of what follows on them and on it. */
  readonly types: readonly string[];
  /** `StoredStep` as JSON. */
  readonly onComplete: string | null;
  /** The job whose attempt makes it. */
  readonly parentId: string | null;
}
