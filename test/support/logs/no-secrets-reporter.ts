import type { UserConsoleLog } from "vitest";
import type { Reporter } from "vitest/node";
import { secretIn } from "./known-secrets.ts";

/** Fails a run in which anything that was logged, by a Worker or a test, gives a secret away. */
export default class NoSecretsReporter implements Reporter {
  readonly #leaks: string[] = [];

  onUserConsoleLog({ content }: UserConsoleLog): void {
    const secret = secretIn(content);
    if (secret !== null) this.#leaks.push(`${secret.slice(0, 12)}… in: ${content.trim().slice(0, 300)}`);
  }

  onTestRunEnd(): void {
    if (this.#leaks.length === 0) return;
    console.error(`Secrets were logged:\n${this.#leaks.slice(0, 20).join("\n")}`);
    process.exitCode = 1;
  }
}
