import { Empty } from "../parts/outcome.tsx";
import { addressOf } from "../router.ts";

export function NotFound() {
  return (
    <div class="card">
      <h1 class="visually-hidden">Not found</h1>
      <Empty title="There is no such page">
        <a href={addressOf("/")}>Overview</a>
      </Empty>
    </div>
  );
}
