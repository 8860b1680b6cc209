import { spawn } from "node:child_process";

const SHOWN_EVERY_MS = 15_000;

/**
 * Runs the go command; resolves with its standard output.
 *
 * @param {string[]} args
 * @param {{cwd?: string, env?: Record<string, string>, onProgress?: (packages: number) => void}} [options]
 *   onProgress is called every 15 s with the number of packages compiled so far (give `-v` to have them counted)
 * @throws Error with the last lines go wrote; code "ENOENT" when there is no go
 */
export function go(args, { cwd, env, onProgress } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd,
      env: { ...process.env, GOWORK: "off", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    let packages = 0;
    const stop = () => child.kill();
    process.once("exit", stop);
    const timer = setInterval(() => onProgress?.(packages), SHOWN_EVERY_MS);
    const settle = (finish) => {
      clearInterval(timer);
      process.removeListener("exit", stop);
      finish();
    };
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => {
      packages += String(data).split("\n").length - 1;
      errors = (errors + data).slice(-4_000);
    });
    child.on("error", (error) => settle(() => reject(error)));
    child.on("close", (code, signal) =>
      settle(() => {
        if (code === 0) return resolve(output);
        const tail = errors.trim().split("\n").slice(-8).join("\n");
        const end = signal ?? `code ${code}`;
        reject(new Error(`go ${args[0]} ended with ${end}:\n${tail}`));
      }),
    );
  });
}
