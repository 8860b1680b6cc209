import { prepareData } from "./prepared-data";

/** `make-prepared-data FOLDER`: what newDataDir() copies for the rest of a run. */
prepareData(process.argv[2] ?? "").catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
