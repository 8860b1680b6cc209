import type { JobParameters } from "@vworkspace/resources";
import { engineRun } from "../../testing/engine-run";
import type { JobSeen } from "./job.decide";
import {
  decideJob,
  endOfJob,
  environmentProblems,
  secretsOfJob,
} from "./job.decide";

const of = (parameters: JobParameters) =>
  engineRun({ engine: "job", type: "RunCommand", parameters });

const NOTHING: JobSeen = { pods: [] };

function createdBy(parameters: JobParameters) {
  const verdict = decideJob(of(parameters), NOTHING);
  if (verdict.state !== "working" || verdict.action?.do !== "create")
    throw new Error(verdict.message);
  return verdict.action.object;
}

describe("The Job of an operation", () => {
  it("keeps to the restricted profile and the runner's rights", () => {
    const labels = {
      "ops.vworkspace.io/operation": "u-op",
      "app.vworkspace.io/application-instance": "web",
      "velero.io/exclude-from-backup": "true",
    };
    expect(createdBy({ image: "tools:1" })).toEqual({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "op-u-op", namespace: "shop", labels },
      spec: {
        backoffLimit: 0,
        template: {
          metadata: { labels },
          spec: {
            restartPolicy: "Never",
            serviceAccountName: "vworkspace-operation-runner",
            automountServiceAccountToken: false,
            securityContext: {
              runAsNonRoot: true,
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
              {
                name: "main",
                image: "tools:1",
                securityContext: {
                  runAsNonRoot: true,
                  allowPrivilegeEscalation: false,
                  capabilities: { drop: ["ALL"] },
                },
              },
            ],
          },
        },
      },
    });
  });

  it("takes over what the parameters say", () => {
    const job = createdBy({
      image: "tools:1",
      command: ["sh"],
      args: ["-c", "true"],
      env: [
        { name: "A", value: "1" },
        { name: "B", secretRef: { name: "db", key: "password" } },
        { name: "C" },
      ],
      serviceAccountName: "mighty",
      activeDeadlineSeconds: 60,
      backoffLimit: 2,
    });
    expect(job["spec"]).toMatchObject({
      backoffLimit: 2,
      activeDeadlineSeconds: 60,
      template: {
        spec: {
          serviceAccountName: "mighty",
          automountServiceAccountToken: true,
          containers: [
            {
              command: ["sh"],
              args: ["-c", "true"],
              env: [
                { name: "A", value: "1" },
                {
                  name: "B",
                  valueFrom: { secretKeyRef: { name: "db", key: "password" } },
                },
                { name: "C", value: "" },
              ],
            },
          ],
        },
      },
    });
  });

  it.each([
    ["vworkspace-operation-runner", "missing", "kubectl create serviceaccount"],
    ["mighty", "missing", "leave spec.parameters.serviceAccountName out"],
    [
      "mighty",
      "not-allowed",
      "kubectl label serviceaccount mighty -n shop vworkspace.io/operation-service-account=true",
    ],
  ] as const)("is not made where %s is %s", (name, problem, remedy) => {
    const seen = { ...NOTHING, account: { name, problem } };
    const verdict = decideJob(of({ image: "tools:1" }), seen);
    expect(verdict).toMatchObject({
      state: "failed",
      reason: "PreconditionFailed",
    });
    expect(verdict.message).toContain(name);
    expect(verdict.message).toContain(remedy);
  });

  it("has ended where there is none", () => {
    expect(endOfJob(of({ image: "tools:1" }), NOTHING)).toEqual({
      state: "ended",
    });
  });
});

describe("The environment of a job", () => {
  const secretRef = { name: "db", key: "password" };
  const image = "tools:1";

  it("names each Secret once", () => {
    const env = ["A", "B"].map((name) => ({ name, secretRef }));
    expect(secretsOfJob({ image, env })).toEqual(["db"]);
    expect(secretsOfJob({ image })).toEqual([]);
  });

  it.each([
    [{ name: "A", value: "1", secretRef }, "spec.parameters.env[0]"],
    [{ name: "DB_PASSWORD", value: "x" }, "spec.parameters.env[0].value"],
    [{ name: "API_KEY", value: "x" }, "spec.parameters.env[0].value"],
    [{ name: "GITHUB_TOKEN", value: "x" }, "spec.parameters.env[0].value"],
    [
      { name: "PEM", value: "-----BEGIN PRIVATE KEY-----" },
      "spec.parameters.env[0].value",
    ],
  ])("is refused for %j, without its value", (variable, field) => {
    const problems = environmentProblems({ image, env: [variable] });
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    expect(problems[0]).not.toHaveProperty("value");
  });

  it.each([
    { name: "DB_PASSWORD", secretRef },
    { name: "DB_HOST", value: "db" },
    { name: "DB_PASSWORD" },
    { name: "DB_PASSWORD_FILE", value: "/run/secrets/db" },
  ])("is taken for %j", (variable) => {
    expect(environmentProblems({ image, env: [variable] })).toEqual([]);
  });
});
