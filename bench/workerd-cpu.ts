import { readdirSync, readFileSync } from "node:fs";

/** Linux counts in hundredths of a second, whatever the kernel's own tick (proc_pid_stat(5), sysconf(_SC_CLK_TCK)). */
const MS_PER_TICK = 10;

/**
 * CPU time of the workerd processes that this process has started, user and system together, in milliseconds.
 * @throws Error where there is no /proc
 */
export function workerdCpuMs(): number {
  let ms = 0;
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = readStat(pid);
    if (stat?.name === "workerd" && stat.parent === process.pid) ms += stat.ticks * MS_PER_TICK;
  }
  return ms;
}

// Null when it has ended meanwhile. The name is in parentheses, and may hold anything.
function readStat(pid: string): { name: string; parent: number; ticks: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = text.lastIndexOf(")");
    const fields = text.slice(end + 2).split(" ");
    const name = text.slice(text.indexOf("(") + 1, end);
    return { name, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}
