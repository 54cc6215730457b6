import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { now } from "../data/clock.ts";
import { freshness } from "../data/polled.ts";
import { signOut } from "../data/session.ts";
import { briefAge } from "../model/brief.ts";
import { addressOf, goTo, here } from "../router.ts";
import { helpOpen } from "../shortcuts.ts";
import { theme, toggleTheme } from "../theme.ts";
import { clockTime } from "./age.tsx";
import { formText } from "./form-text.ts";
import { Help } from "./help.tsx";
import { Icon, type IconName, Mark } from "./icon.tsx";
import { problemText } from "./outcome.tsx";
import { Toasts } from "./toasts.tsx";

const JOB_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const PAGES: readonly { path: string; name: string; icon: IconName }[] = [
  { path: "/", name: "Overview", icon: "overview" },
  { path: "/jobs", name: "Jobs", icon: "jobs" },
  { path: "/groups", name: "Groups", icon: "groups" },
  { path: "/dead-letters", name: "Dead letters", icon: "dead" },
  { path: "/queues", name: "Queues", icon: "queues" },
  { path: "/schedules", name: "Schedules", icon: "schedules" },
  { path: "/endpoints", name: "Endpoints", icon: "endpoints" },
  { path: "/alerts", name: "Alerts", icon: "alerts" },
];
const OPERATOR_PAGES: typeof PAGES = [{ path: "/tenants", name: "Tenants", icon: "tenants" }];
/** Pages that belong to another one. */
const PARTS_OF: Readonly<Record<string, string>> = { "/replays": "/dead-letters", "/cancellations": "/jobs" };

/** What is round every page. */
export function Shell({ operator, children }: { operator: boolean; children: ComponentChildren }) {
  const begin = `/${here.value.path.split("/")[1] ?? ""}`;
  const current = operator ? "/tenants" : (PARTS_OF[begin] ?? begin);
  useEffect(() => {
    // On a phone not all of them fit.
    document.querySelector(".nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [current]);
  return (
    <div class="shell">
      <a class="skip" href="#content" onClick={toContent}>
        To the content
      </a>
      <header class="side">
        <a class="brand" href={addressOf("/")} aria-label="Sluice: overview">
          <Mark /> <span>Sluice</span>
        </a>
        <nav class="nav" aria-label="Pages">
          <ul>
            {(operator ? OPERATOR_PAGES : PAGES).map(({ path, name, icon }) => (
              <li key={path}>
                <a href={addressOf(path)} aria-current={path === current ? "page" : undefined}>
                  <Icon name={icon} /> {name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="side-foot">
          <IconButton
            name={theme.value === "dark" ? "Light mode" : "Dark mode"}
            icon={theme.value === "dark" ? "sun" : "moon"}
            onClick={toggleTheme}
          />
          <IconButton name="Keyboard shortcuts" icon="help" onClick={() => (helpOpen.value = true)} />
          <IconButton name="Sign out" icon="leave" onClick={() => signOut()} />
        </div>
      </header>
      <div class="main">
        <section class="top" aria-label="Search and freshness">
          {!operator && <Search />}
          <AsOf />
        </section>
        <StaleBanner />
        <main id="content" class="content" tabIndex={-1}>
          {children}
        </main>
      </div>
      <Toasts />
      {helpOpen.value && <Help onClose={() => (helpOpen.value = false)} />}
    </div>
  );
}

function IconButton({ name, icon, onClick }: { name: string; icon: IconName; onClick: () => void }) {
  return (
    <button type="button" class="button button-quiet button-icon" aria-label={name} title={name} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

function Search() {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const text = formText(event, "search");
    if (text === "") return;
    (event.currentTarget as HTMLFormElement).reset();
    goTo(JOB_ID.test(text) ? addressOf(`/jobs/${text.toLowerCase()}`) : addressOf("/jobs", { type: text }));
  };
  return (
    <form role="search" onSubmit={submit}>
      <input id="search" name="search" type="search" placeholder="Job id, or job type" aria-label="Find a job" />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

function AsOf() {
  const { at, isLive } = freshness.value;
  if (at === null) return <span />;
  const told = isLive && !isStale();
  return (
    <span
      class="as-of"
      data-stale={isStale()}
      data-live={told}
      title={told ? "Told as it happens" : "Read every few seconds"}
    >
      {told && <strong>Live</strong>} as of {clockTime(new Date(at))}
    </span>
  );
}

// What is on the screen may no longer be true: that must be seen.
function StaleBanner() {
  const { at, error } = freshness.value;
  if (at === null || !isStale()) return null;
  const age = briefAge(now.value - at);
  const why = error === null ? "" : ` ${problemText(error)}`;
  return (
    <p class="stale" role="status">
      <strong>This is {age === "now" ? "not up to date" : `${age} old`}.</strong>
      {why} It is being read again.
    </p>
  );
}

function isStale(): boolean {
  const { staleAt, error } = freshness.value;
  return error !== null || now.value > staleAt;
}

function toContent(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
