import { useState } from "preact/hooks";
import { readWith } from "../data/api.ts";
import { isOperator, signedOutBecause, signIn } from "../data/session.ts";
import { formText } from "../parts/form-text.ts";
import { Mark } from "../parts/icon.tsx";
import { problemText } from "../parts/outcome.tsx";
import { addressOf, goTo, here } from "../router.ts";

/** Asks for a key, and tries it before it is kept. */
export function SignIn() {
  const [problem, setProblem] = useState<string | null>(signedOutBecause.value);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const secret = formText(event, "key");
    if (secret === "") return;
    setBusy(true);
    try {
      await readWith(secret, isOperator(secret) ? "/v1/tenants" : "/v1/jobs", { limit: "1" });
      if (isOperator(secret) && here.peek().path === "/") goTo(addressOf("/tenants"), "replace");
      signIn(secret);
    } catch (error) {
      setProblem(problemText(error as Error));
      setBusy(false);
    }
  };
  return (
    <main class="sign-in">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <div class="brand">
          <Mark /> <span>Sluice</span>
        </div>
        <div class="stack-tight">
          <h1>Sign in</h1>
          <p class="muted">
            With an API key of your tenant, or the operator's token. It stays in this tab, and is forgotten with it.
          </p>
        </div>
        <div class="field">
          <label for="key">Key</label>
          <input
            id="key"
            name="key"
            type="password"
            autocomplete="off"
            spellcheck={false}
            placeholder="slk_…"
            required
            aria-describedby={problem === null ? undefined : "sign-in-problem"}
          />
        </div>
        {problem !== null && (
          <p id="sign-in-problem" class="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="button button-primary" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
