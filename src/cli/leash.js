import { spawn } from "node:child_process";

// Runs a command in this process's group, and takes the whole group along when whoever started it is gone, even by
// kill -9: that closes the pipe which is our standard input. Wrangler alone would leave workerd on the port.
const [program = "", ...args] = process.argv.slice(2);
function killGroup() {
  process.kill(-process.pid, "SIGKILL");
}
process.stdin.on("close", killGroup).resume();
// They reach the whole group: the command ends in its own time, and then so does the group.
process.on("SIGTERM", () => {}).on("SIGINT", () => {});
spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] })
  .on("error", killGroup)
  .on("exit", killGroup);
