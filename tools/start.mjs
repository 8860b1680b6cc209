// `npm start`: builds, then runs the demo in a process of its own.
process.argv.splice(2, 0, "dist/tools/demo/main.js");
await import("./run.mjs");
