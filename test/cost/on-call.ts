import { vi } from "vitest";

type Method = (this: unknown, ...args: never[]) => unknown;
type MethodsOf<T> = { [K in keyof T]-?: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T];
type Args<M> = M extends (...args: infer A) => unknown ? A : never;
type Result<M> = M extends (...args: never[]) => infer R ? R : never;

/**
 * Has every call of a method go through `instead`, which may make the call itself, until mocks are restored. A method
 * that is replaced twice goes through both.
 */
export function replaceCall<T extends object, K extends MethodsOf<T> & string>(
  target: T,
  name: K,
  instead: (call: () => Result<T[K]>, args: Args<T[K]>) => Result<T[K]>,
): void {
  const spied = target as Record<string, Method>;
  const before = spied[name]!;
  const original = vi.isMockFunction(before) ? (before.getMockImplementation() as Method) : before;
  vi.spyOn(spied, name).mockImplementation(function (this: unknown, ...args: never[]) {
    const call = () => original.apply(this, args) as Result<T[K]>;
    return instead(call, args as unknown as Args<T[K]>);
  });
}

/** Tells of every call of a method, before it is made. */
export function onCall<T extends object, K extends MethodsOf<T> & string>(
  target: T,
  name: K,
  tell: (args: Args<T[K]>) => void,
): void {
  replaceCall(target, name, (call, args) => {
    tell(args);
    return call();
  });
}
