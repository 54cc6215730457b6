/** What a key may be allowed to do. */
export const SCOPES = ["jobs:write", "jobs:read", "manage"];
/** The scopes that are asked for and not granted. */
export function missingScopes(grant, wanted) {
  return wanted.filter((scope) => !grant.scopes.includes(scope));
}
/** Whether a grant is for jobs of this type. */
export function allowsType({ types }, type) {
  return types === null || types.includes(type);
}
/** Whether a grant is for all of these types; null means any type there is. */
export function allowsTypes(grant, wanted) {
  return grant.types === null || (wanted !== null && wanted.every((type) => allowsType(grant, type)));
}
/** Whether one grant allows all that another does, and for as long: its holder may then hand out or change the other. */
export function covers(grant, other) {
  return missingScopes(grant, other.scopes).length === 0 && allowsTypes(grant, other.types) && outlasts(grant, other);
}
/** Whether a grant ends no earlier than another. */
export function outlasts({ expiresAt: end }, { expiresAt: otherEnd }) {
  return end === null || (otherEnd !== null && otherEnd <= end);
}
