import {
  helmReleaseSecret,
  jobHook,
  type ReleasedHook,
} from "../../testing/helm-release-secret";
import { MemoryKubeApi } from "../../testing/memory-kube-api";
import { readHook } from "./released-hooks.observe";

const namespace = "shop";
const RELEASE = { namespace, name: "web" };
const IS_NO_JOB = {
  problem:
    "hook migrate of Helm release web of namespace shop is no Job of batch/v1",
};

/** Lists of lists, each ten times the one before. */
const BOMB = `
a0: &a0 [x,x,x,x,x,x,x,x,x,x]
${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(",")}]`).join("\n")}
`;

function released(hooks: readonly ReleasedHook[]): MemoryKubeApi {
  const api = new MemoryKubeApi();
  api.put(helmReleaseSecret({ namespace, revision: 2, hooks }));
  return api;
}

describe("The hooks of a released chart", () => {
  it("are read from Helm's record", async () => {
    const api = released([jobHook("migrate")]);
    expect(await readHook(api, RELEASE, "migrate")).toMatchObject({
      revision: 2,
      job: {
        kind: "Job",
        metadata: { name: "migrate" },
        spec: { template: { spec: { containers: [{ image: "web:1" }] } } },
      },
    });
  });

  it("are those of the newest deployed revision, and not of one that failed", async () => {
    const api = released([]);
    const hooks = [jobHook("migrate")];
    api.put(helmReleaseSecret({ namespace, revision: 10, hooks }));
    api.put(
      helmReleaseSecret({
        namespace,
        revision: 11,
        hooks: [],
        status: "failed",
      }),
    );
    expect(await readHook(api, RELEASE, "migrate")).toMatchObject({
      revision: 10,
    });
  });

  it("are named where there is none of the name; only Jobs count", async () => {
    const pod = { ...jobHook("migrate"), kind: "Pod" };
    const api = released([jobHook("seed"), pod]);
    expect(await readHook(api, RELEASE, "migrate")).toEqual({
      others: ["seed"],
      revision: 2,
    });
  });

  it("are none where nothing is deployed", async () => {
    expect(await readHook(new MemoryKubeApi(), RELEASE, "migrate")).toEqual({
      problem: "Helm release web of namespace shop has no deployed revision",
    });
  });

  it("can't be read from a record that is none", async () => {
    const api = new MemoryKubeApi();
    const secret = helmReleaseSecret({ namespace, revision: 1, hooks: [] });
    api.put({ ...secret, data: { release: "bm9wZQ==" } });
    const seen = await readHook(api, RELEASE, "migrate");
    expect(seen).toMatchObject({
      problem: expect.stringContaining(
        "Secret sh.helm.release.v1.web.v1, can't be read",
      ) as string,
    });
  });

  it("can't be read from a record that unzips without an end", async () => {
    const big = jobHook("migrate", `# ${"a".repeat(9 * 1024 * 1024)}`);
    const api = released([big]);
    expect(await readHook(api, RELEASE, "migrate")).toMatchObject({
      problem: expect.stringContaining("longer than 8388608 bytes") as string,
    });
  });

  it.each([
    ["no YAML", "a: [", ""],
    ["two documents", "a: 1\n---\nb: 2", ""],
    ["of another kind", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}", ""],
    ["without a pod", "apiVersion: batch/v1\nkind: Job\nspec: {}", ""],
    ["aliases of aliases", "", BOMB],
    ["longer than any manifest", "", `# ${"a".repeat(1024 * 1024)}`],
  ])("are refused where one is %s", async (_, manifest, more) => {
    const hook = jobHook("migrate", more);
    const api = released([manifest === "" ? hook : { ...hook, manifest }]);
    expect(await readHook(api, RELEASE, "migrate")).toEqual(IS_NO_JOB);
  });
});
