/** What a key may be allowed to do. */
export const SCOPES = ["jobs:write", "jobs:read", "manage"] as const;
export type Scope = (typeof SCOPES)[number];

/** What a key is allowed to do. */
export interface Grant {
  readonly scopes: readonly Scope[];
  /** The job types that it is limited to; null: any. */
  readonly types: readonly string[] | null;
  /** When it ends by itself, in milliseconds since the epoch; null: never. */
  readonly expiresAt: number | null;
}

/** The scopes that are asked for and not granted. */
export function missingScopes(grant: Grant, wanted: readonly Scope[]): Scope[] {
  return wanted.filter((scope) => !grant.scopes.includes(scope));
}

/** Whether a grant is for jobs of this type. */
export function allowsType({ types }: Pick<Grant, "types">, type: string): boolean {
  return types === null || types.includes(type);
}

/** Whether a grant is for all of these types; null means any type there is. */
export function allowsTypes(grant: Pick<Grant, "types">, wanted: readonly string[] | null): boolean {
  return grant.types === null || (wanted !== null && wanted.every((type) => allowsType(grant, type)));
}

/** Whether one grant allows all that another does, and for as long: its holder may then hand out or change the other. */
export function covers(grant: Grant, other: Grant): boolean {
  return missingScopes(grant, other.scopes).length === 0 && allowsTypes(grant, other.types) && outlasts(grant, other);
}

/** Whether a grant ends no earlier than another. */
export function outlasts({ expiresAt: end }: Grant, { expiresAt: otherEnd }: Pick<Grant, "expiresAt">): boolean {
  return end === null || (otherEnd !== null && otherEnd <= end);
}
