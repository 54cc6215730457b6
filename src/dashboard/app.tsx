import type { ComponentType } from "preact";
import { isOperator, key } from "./data/session.ts";
import { Alerts } from "./pages/alerts.tsx";
import { DeadLetters } from "./pages/dead-letters.tsx";
import { Endpoints } from "./pages/endpoints.tsx";
import { Group } from "./pages/group.tsx";
import { Groups } from "./pages/groups.tsx";
import { Job } from "./pages/job.tsx";
import { Jobs } from "./pages/jobs.tsx";
import { NotFound } from "./pages/not-found.tsx";
import { Overview } from "./pages/overview.tsx";
import { Plan } from "./pages/plan.tsx";
import { Queues } from "./pages/queues.tsx";
import { Schedules } from "./pages/schedules.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { Tenants } from "./pages/tenants.tsx";
import { Shell } from "./parts/shell.tsx";
import { here } from "./router.ts";

const PAGES: Readonly<Record<string, ComponentType>> = {
  "/": Overview,
  "/jobs": Jobs,
  "/groups": Groups,
  "/dead-letters": DeadLetters,
  "/queues": Queues,
  "/schedules": Schedules,
  "/endpoints": Endpoints,
  "/alerts": Alerts,
};

export function App() {
  if (key.value === null) return <SignIn />;
  return (
    <Shell operator={isOperator(key.value)}>
      <Page operator={isOperator(key.value)} />
    </Shell>
  );
}

function Page({ operator }: { operator: boolean }) {
  const { path } = here.value;
  // The operator's token is for tenants, and for nothing that a tenant has.
  if (operator) return <Tenants />;
  const Known = PAGES[path];
  if (Known !== undefined) return <Known />;
  const [, kind = "", id = ""] = /^\/(jobs|groups|replays|cancellations)\/([^/]+)$/.exec(path) ?? [];
  if (kind === "jobs") return <Job key={id} id={id} />;
  if (kind === "groups") return <Group key={id} id={id} />;
  if (kind === "replays" || kind === "cancellations") return <Plan key={id} kind={kind} id={id} />;
  return <NotFound />;
}
