import fc from "fast-check";
import { applyDefinitions } from "../../../test/cluster/install-crds";
import { KubeHttp, type KubeAnswer } from "../../../test/cluster/kube-http";
import { openCluster, testedCluster } from "../../../test/cluster/open-cluster";
import { widgetDefinition } from "../../../test/cluster/widget-definition";
import { admissionPolicies } from "./admission/admission-policies";
import { POLICY_MAX_DEPTH } from "./admission/inline-secrets.policy";
import { inspectInlineValues } from "./inline-secrets";
import { ANNOTATIONS, FINALIZERS, LABELS } from "./names";
import {
  annotates,
  CRDS,
  creates,
  deletes,
  instanceIn,
  instances,
  operationIn,
  operations,
  patches,
} from "./testing/admission-attempts";
import { ALLOWANCES } from "./testing/admission-allowances";
import { DENIALS } from "./testing/admission-denials";
import { AdmissionRig } from "./testing/admission-rig";
import {
  HARMLESS_LOOKING,
  SECRET_LOOKING,
} from "./testing/inline-secret-cases";
import { PARAMETER_CASES } from "./testing/parameter-cases";
import { readParameters } from "./operation-parameters/read-parameters";

const GROUP = "admission.example.com";

if (testedCluster() === "simulator")
  describe("The simulator", () => {
    it("does not evaluate admission policies, and refuses to store them instead of letting everything through", async () => {
      const cluster = await openCluster();
      const http = new KubeHttp(cluster.kubeconfigPath);
      try {
        const path = "/apis/admissionregistration.k8s.io/v1";
        const [policy] = admissionPolicies()[0]?.manifests ?? [];
        const { code, body } = await http.post(
          `${path}/validatingadmissionpolicies`,
          policy,
        );
        expect([code, body.reason]).toEqual([501, "NotImplemented"]);
        expect(body.message).toContain("admissionregistration.k8s.io");
      } finally {
        await http.close();
        await cluster.stop();
      }
    });
  });
else
  describe("The admission policies on an API server", () => {
    let rig: AdmissionRig | undefined;
    const opened = (): AdmissionRig => {
      if (rig === undefined) throw new Error("The cluster did not open.");
      return rig;
    };

    beforeAll(async () => {
      rig = await AdmissionRig.open();
      await storeWhatRowsNeed(rig);
      await rig.applyPolicies();
      for (const { policy, attempt } of firstOfEach())
        await rig.untilDenied(`${policy}.vworkspace.io`, attempt(rig.places));
    }, 600_000);

    afterAll(() => rig?.stop());

    const triesInline = (inline: unknown): Promise<KubeAnswer> => {
      const { open } = opened().places;
      const manifest = instanceIn(open, "inline", { inline });
      return opened().dryRun(creates("anna", instances(open), manifest));
    };

    it("are each denying something in this suite", () => {
      const tested = new Set(DENIALS.map(({ policy }) => `${policy}.yaml`));
      expect([...tested].sort()).toEqual(
        admissionPolicies()
          .map(({ file }) => file)
          .sort(),
      );
    });

    it.each(DENIALS.map((row) => [row.title, row] as const))(
      "deny %s",
      async (_title, { attempt, policy, code, message }) => {
        const { places } = opened();
        const answer = await opened().dryRun(attempt(places));
        expect([answer.code, said(answer)]).toEqual([code, message(places)]);
        expect(answer.body.message).toContain(`'${policy}.vworkspace.io'`);
      },
    );

    it.each(ALLOWANCES.map((row) => [row.title, row] as const))(
      "let %s",
      async (_title, { attempt }) => {
        const { code, body } = await opened().dryRun(attempt(opened().places));
        expect([code < 300, code < 300 ? "" : body.message]).toEqual([
          true,
          "",
        ]);
      },
    );

    it.each(SECRET_LOOKING)(
      "deny inline values that look like a secret under %s",
      async (key, value) => {
        const answer = await triesInline({ auth: { [key]: value } });
        expect(answer.code).toBe(422);
        expect(pathsIn(answer)).toEqual([`auth.${key}`]);
        expect(said(answer)).not.toContain(`"${value}"`);
      },
    );

    it.each(HARMLESS_LOOKING)(
      "let inline values hold %s: %j",
      async (key, value) => {
        const answer = await triesInline({ auth: { [key]: value } });
        expect([answer.code, said(answer)]).toEqual([201, ""]);
      },
    );

    it(`look ${POLICY_MAX_DEPTH} levels deep and leave to the code what lies deeper`, async () => {
      const nested = (levels: number): object =>
        levels === 1 ? { password: "x" } : { deeper: nested(levels - 1) };
      const within = await triesInline(nested(POLICY_MAX_DEPTH));
      expect(pathsIn(within)).toEqual([
        "deeper.".repeat(POLICY_MAX_DEPTH - 1) + "password",
      ]);
      const beyond = await triesInline(nested(POLICY_MAX_DEPTH + 1));
      expect(beyond.code).toBe(201);
    });

    it("find in inline values what the code finds, in any document", async () => {
      await fc.assert(
        fc.asyncProperty(inlineValues, async (inline) => {
          const found = pathsIn(await triesInline(inline));
          expect(found).toEqual(pathsInCode(inline));
        }),
        { numRuns: 60 },
      );
    });

    it("have budget enough for 2,000 values and a text of 500,000 characters", async () => {
      const services = Array.from({ length: 200 }, (_, service) =>
        Object.fromEntries(
          Array.from({ length: 10 }, (_none, field) => [
            `field${field}`,
            `value ${service}`,
          ]),
        ),
      );
      const answer = await triesInline({
        global: { services },
        script: "x".repeat(500_000),
      });
      expect([answer.code, said(answer)]).toEqual([201, ""]);
    });

    it.each(PARAMETER_CASES)(
      "say of parameters what the code says: $title ($engine $type)",
      async ({ title: _, wrong, ...given }) => {
        const { open } = opened().places;
        const answer = await opened().dryRun(
          creates("anna", operations(open), operationIn(open, "new", given)),
        );
        const [problem] = readParameters(given).problems;
        expect(answer.code).toBe(wrong === undefined ? 201 : 422);
        // The policy repeats no value, and CEL has no index of an item.
        const words = said(answer).replace(/\.$/, "");
        const field = (wrong ?? "").replaceAll(/\[\d+\]/g, "[]");
        expect(words.startsWith(field)).toBe(true);
        expect(
          (problem?.message ?? "")
            .replaceAll(/\[\d+\]/g, "[]")
            .startsWith(words),
        ).toBe(true);
      },
    );

    it("have budget enough for the largest parameters that the code takes", async () => {
      const { open } = opened().places;
      const texts = Array.from({ length: 256 }, () => "x".repeat(1000));
      const env = Array.from({ length: 256 }, (_, at) => ({
        name: `VARIABLE_${at}`,
        value: "x".repeat(1000),
      }));
      const parameters = { image: "tools:1", command: texts, args: texts, env };
      const spec = { engine: "job", type: "RunCommand", parameters };
      const answer = await opened().dryRun(
        creates("anna", operations(open), operationIn(open, "new", spec)),
      );
      expect([answer.code, said(answer)]).toEqual([201, ""]);
    });

    it("let what was stored with a secret before them be annotated, let go and mended, but not changed for another secret", async () => {
      const { open } = opened().places;
      const path = `${instances(open)}/legacy`;
      const inline = (password: unknown) =>
        patches("anna", path, { spec: { values: { inline: { password } } } });
      const finalizers = { metadata: { finalizers: [] } };
      const codes = [];
      for (const attempt of [
        annotates("anna", path, { note: "seen" }),
        patches("anna", path, finalizers),
        inline(null),
        inline("another"),
      ])
        codes.push((await opened().dryRun(attempt)).code);
      expect(codes).toEqual([200, 200, 200, 422]);
    });

    it("let an instance with more values than they can afford to look at be annotated and suspended, and refuse its values", async () => {
      const path = `${instances(opened().places.open)}/vast`;
      const answers = [];
      for (const attempt of [
        annotates("anna", path, { note: "seen" }),
        patches("anna", path, { spec: { suspend: true } }),
        patches("anna", path, { spec: { values: { inline: { more: "x" } } } }),
      ])
        answers.push(await opened().dryRun(attempt));
      expect(answers.map(({ code }) => code)).toEqual([200, 200, 422]);
      expect(said(answers[2] as KubeAnswer)).toContain("cost limit exceeded");
    });

    it("let a definition of ours be deleted that is annotated so", async () => {
      const path = `${CRDS}/operations.ops.vworkspace.io`;
      const allow = (value: string | null) =>
        opened().store(
          annotates("admin", path, { [ANNOTATIONS.allowDelete]: value }),
        );
      await allow("true");
      const allowed = await opened().dryRun(deletes("admin", path));
      await allow("false");
      const denied = await opened().dryRun(deletes("admin", path));
      await allow(null);
      expect([allowed.code, denied.code]).toEqual([200, 403]);
    });

    it("deny the end of all definitions at once", async () => {
      const answer = await opened().dryRun(
        deletes(
          "admin",
          `${CRDS}?labelSelector=app.kubernetes.io%2Fname%3Dvworkspace`,
        ),
      );
      expect(answer.code).toBe(403);
      expect(said(answer)).toContain("deletes all objects of it");
    });

    it("leave the definitions of others alone", async () => {
      const path = `${CRDS}/widgets.${GROUP}`;
      await applyDefinitions(opened().adminKubeconfigPath, [
        widgetDefinition(GROUP),
      ]);
      const { code } = await opened().send(deletes("admin", path));
      expect(code).toBe(200);
    });

    it("let the agent delete nothing at once where nobody opted in", async () => {
      const { closed } = opened().places;
      const answer = await opened().dryRun(deletes("agent", instances(closed)));
      expect(answer.code).toBe(403);
      expect(said(answer)).toContain(`namespace ${closed} has not opted in`);
    });
  });

/** One row for each policy, to ask until it is effective. */
const firstOfEach = () =>
  DENIALS.filter(
    ({ policy }, index) =>
      DENIALS.findIndex((row) => row.policy === policy) === index,
  );

async function storeWhatRowsNeed(rig: AdmissionRig): Promise<void> {
  const { open, closed } = rig.places;
  const approvals = { required: true, claim: "e30" };
  const inline = { password: "hunter2" };
  for (const [path, body] of [
    [instances(open), instanceIn(open, "stamped", { stamp: "7" })],
    [instances(open), instanceIn(open, "legacy", { inline })],
    [instances(open), instanceIn(open, "vast", { inline: vastValues() })],
    [instances(closed), closedOne(closed)],
    [operations(open), operationIn(open, "approved", { approvals })],
    [accounts(open), account("powerful")],
    [accounts(open), account("vworkspace-release")],
    [accounts(open), account("released", { [RELEASED]: "true" })],
  ] as const)
    await rig.store(creates("admin", path, body));
}

const RELEASED = LABELS.releaseServiceAccount;
const accounts = (namespace: string) =>
  `/api/v1/namespaces/${namespace}/serviceaccounts`;
const account = (name: string, labels = {}) => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, labels },
});

function vastValues(): object {
  const entries = Array.from({ length: 12_000 }, (_, at) => [
    `field${at}`,
    "x",
  ]);
  return Object.fromEntries(entries) as object;
}

function closedOne(namespace: string): object {
  const instance = instanceIn(namespace, "closed-one");
  const finalizers = [FINALIZERS.applicationInstance];
  return { ...instance, metadata: { ...instance.metadata, finalizers } };
}

/** What a policy said, without the server's words around it; empty where none said anything. */
function said({ body }: KubeAnswer): string {
  return /denied request: (.*)$/s.exec(body.message ?? "")?.[1] ?? "";
}

/** Paths below the values that the policy names, sorted: maps have no order in CEL. */
function pathsIn(answer: KubeAnswer): readonly string[] {
  const [paths = ""] = said(answer).split(" must not hold a secret: ");
  return paths
    .split(", ")
    .filter((path) => path !== "")
    .map((path) => path.replace("spec.values.inline.", ""))
    .sort();
}

/** As the policy writes them: CEL has no index of an item. */
const pathsInCode = (inline: unknown): readonly string[] =>
  inspectInlineValues(inline, POLICY_MAX_DEPTH)
    .filter(({ problem }) => problem === "secretLooking")
    .map(({ path }) => path.replaceAll(/\[\d+\]/g, "[]"))
    .sort();

const key = fc.constantFrom(
  "password",
  "TOKEN",
  "existingSecret",
  "dbSecretKey",
  "clientSecret",
  "plain",
);
const text = fc.constantFrom(
  "hunter2",
  "",
  " <set via externalSecret> ",
  "-----BEGIN RSA PRIVATE KEY-----",
  "-----END PRIVATE KEY-----",
);
const { inlineValues } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium", maxDepth: 10 },
    text,
    fc.constantFrom(42, true, null, 1.5),
    fc.array(tie("value"), { maxLength: 2 }),
    tie("inlineValues"),
  ),
  inlineValues: fc.dictionary(key, tie("value"), { maxKeys: 3 }),
}));
