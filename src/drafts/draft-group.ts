import { readChain } from "../protocol/chain.ts";
import type { GroupDraft, ParsedGroup } from "../protocol/groups.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import { type FieldError, invalidRequest } from "../protocol/sluice-error.ts";
import { type Checking } from "./check-job.ts";
import type { CheckedJob } from "./draft-jobs.ts";
import { checkStep, toStoredStep } from "./draft-steps.ts";

/** A group, and its members as such. */
export interface DraftedGroup {
  readonly group: GroupDraft;
  readonly members: readonly CheckedJob[];
}

/**
 * Makes a group of jobs. The blobs that its last job names are named by the first of them until then.
 * @param path where the group stands in the body
 * @throws SluiceError `invalid_request` with a pointer for everything that is wrong
 */
export async function draftGroup(
  { name, onFailure, onComplete }: ParsedGroup,
  jobs: readonly CheckedJob[],
  path: readonly PropertyKey[],
  checking: Checking,
  parentId: string | null = null,
): Promise<DraftedGroup> {
  const last = onComplete && (await checkStep(onComplete, ["onComplete"], [...path, "onComplete"], checking));
  if (last && "errors" in last) throw invalidRequest(last.errors satisfies FieldError[]);
  const id = newJobId();
  const stored = last ? await toStoredStep(last, id) : null;
  const chains = jobs.map(({ draft }) => readChain(draft.next ?? null));
  const types = [
    ...jobs.map(({ draft }) => draft.type),
    ...chains
      .flatMap((chain) => [...(chain?.steps ?? []), ...(chain?.onFailure ? [chain.onFailure] : [])])
      .map(({ type }) => type),
    ...(stored ? [stored.type] : []),
  ];
  const members = jobs.map(({ draft, payload }, index) => {
    const blobs = index === 0 ? [...new Set([...draft.blobs, ...(stored?.blobs ?? [])])] : draft.blobs;
    return { draft: { ...draft, groupId: id, blobs }, payload };
  });
  return {
    group: {
      id,
      name: name ?? null,
      onFailure,
      types: [...new Set(types)],
      onComplete: stored && JSON.stringify(stored),
      parentId,
    },
    members,
  };
}
