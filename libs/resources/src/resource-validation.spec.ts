import fc from "fast-check";
import {
  validateApplicationInstance,
  validateCluster,
  validateOperation,
} from "./resource-validation";
import { ACCEPTANCES } from "./testing/acceptances";
import {
  cluster,
  managed,
  NAMESPACE,
  operation,
  placeholder,
  RELEASE,
} from "./testing/manifests";
import { REFUSALS } from "./testing/refusals";
import { REFUSED_CHANGES } from "./testing/refused-changes";

const VALIDATORS = {
  ApplicationInstance: validateApplicationInstance,
  Operation: validateOperation,
  Cluster: validateCluster,
};

const validatorOf = (kind: string) =>
  VALIDATORS[kind as keyof typeof VALIDATORS];

const fieldsOf = (problems: readonly { field: string }[]) =>
  problems.map(({ field }) => field);

describe("The check of our resources in code", () => {
  it.each(REFUSALS.map((row) => [row.title, row] as const))(
    "refuses %s, as the API server does",
    (_title, { manifest, field, message }) => {
      const problems = validatorOf(manifest.kind)(manifest);
      expect(fieldsOf(problems)).toContain(field);
      expect(problems.map((problem) => problem.message)).toContainEqual(
        message ?? expect.stringContaining(field),
      );
    },
  );

  it.each(REFUSED_CHANGES.map((row) => [row.title, row] as const))(
    "refuses %s, as the API server does",
    (_title, { given, manifest, field, message }) => {
      expect(validatorOf(given.kind)(given)).toEqual([]);
      const problems = validatorOf(manifest.kind)(manifest, given);
      expect(problems).toContainEqual({ field, message });
    },
  );

  it.each(ACCEPTANCES.map((row) => [row.title, row.manifest] as const))(
    "accepts %s, also as a change of itself",
    (_title, manifest) => {
      expect(validatorOf(manifest.kind)(manifest, manifest)).toEqual([]);
    },
  );

  it("takes no offence at a manifest that leaves out what the API server filled in", () => {
    const stored = managed({ mode: "managed", deletionPolicy: "Delete" });
    expect(validateApplicationInstance(managed(), stored)).toEqual([]);
  });

  it("refuses a release in another namespace than its instance", () => {
    const manifest = managed({ release: { ...RELEASE, namespace: "other" } });
    expect(validateApplicationInstance(manifest)).toEqual([
      {
        field: "spec.release.namespace",
        value: "other",
        message: `spec.release.namespace must be the same as metadata.namespace (${NAMESPACE}): a release lives where its instance does`,
      },
    ]);
  });

  it("refuses an instance without namespace", () => {
    const manifest = { ...managed(), metadata: { name: "files" } };
    expect(fieldsOf(validateApplicationInstance(manifest))).toEqual([
      "metadata.namespace",
    ]);
  });

  it("refuses a time zone that there is not", () => {
    const manifest = managed({
      policy: {
        maintenanceWindows: [
          { cron: "0 2 * * 6", durationMinutes: 60, timezone: "Mars/Olympus" },
        ],
      },
    });
    expect(fieldsOf(validateApplicationInstance(manifest))).toEqual([
      "spec.policy.maintenanceWindows[0].timezone",
    ]);
  });

  it.each([
    ["0 2 * * 8", "is none"],
    ["99 2 * * *", "is none"],
    ["0 2 * * MON#7", "is none"],
    ["0 0 31 2 *", "never comes"],
    ["0 0 30 FEB *", "never comes"],
  ])("refuses the window %s, which %s", (cron, why) => {
    const policy = {
      maintenanceWindows: [
        { cron: "0 0 29 2 *", durationMinutes: 60 },
        { cron, durationMinutes: 60, timezone: "Europe/Vienna" },
      ],
    };
    const [problem, ...others] = validateApplicationInstance(
      managed({ policy }),
    );
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      field: "spec.policy.maintenanceWindows[1].cron",
      value: cron,
    });
    expect(problem?.message).toContain(why);
    expect(problem?.message).toContain("0 2 * * 6");
  });

  it("accepts probes, and refuses what only http probes may have, and names that are there twice", () => {
    const web = { name: "web", type: "http", service: "web", port: 80 };
    const probes = [
      { ...web, path: "/health?full=1", expectStatus: 204 },
      { ...web, name: "db", type: "tcp", port: 5432 },
    ];
    expect(validateApplicationInstance(managed({ probes }))).toEqual([]);
    const wrong = [
      { ...web, type: "tcp", path: "/x", expectStatus: 200 },
      { ...web, path: "@elsewhere.example.com/" },
    ];
    expect(
      fieldsOf(validateApplicationInstance(managed({ probes: wrong }))),
    ).toEqual([
      "spec.probes[1].path",
      "spec.probes[0].path",
      "spec.probes[0].expectStatus",
      "spec.probes[1].name",
    ]);
  });

  it.each(["//evil.example.com", "/a b", "/\r\nHost: x", "http://x/", ""])(
    "refuses the path %j of a probe, or keeps it on its Service",
    (path) => {
      const probe = { name: "w", type: "http", service: "web", port: 80, path };
      const isRefused =
        validateApplicationInstance(managed({ probes: [probe] })).length > 0;
      const { host } = isRefused
        ? { host: "web.shop.svc" }
        : new URL(`http://web.shop.svc${path}`);
      expect(host).toBe("web.shop.svc");
    },
  );

  it("refuses inline values that look like secrets, naming each and repeating none", () => {
    const inline = { db: { password: "hunter2" }, list: [{ token: "abc123" }] };
    const problems = validateApplicationInstance(
      managed({ values: { source: "inline", inline } }),
    );
    expect(fieldsOf(problems)).toEqual([
      "spec.values.inline.db.password",
      "spec.values.inline.list[0].token",
    ]);
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|abc123/);
  });

  it("refuses them also where the source says that inline is not read", () => {
    const manifest = managed({
      values: {
        source: "secretRef",
        secretRef: { name: "files", key: "values" },
        inline: { password: "hunter2" },
      },
    });
    expect(fieldsOf(validateApplicationInstance(manifest))).toEqual([
      "spec.values.inline.password",
    ]);
  });

  it("refuses secrets in the values that an upgrade brings", () => {
    const manifest = operation({
      type: "Upgrade",
      engine: "helm",
      parameters: { valuesPatch: { adminPassword: "hunter2" } },
    });
    expect(fieldsOf(validateOperation(manifest))).toEqual([
      "spec.parameters.valuesPatch.adminPassword",
    ]);
  });

  it("says what a field must be and what stands there", () => {
    const [problem] = validateApplicationInstance(managed({ mode: "both" }));
    expect(problem).toEqual({
      field: "spec.mode",
      value: "both",
      message: 'spec.mode must be one of managed, placeholder, not "both"',
    });
  });

  it("repeats neither a registration token nor an approval claim nor the credentials in an address", () => {
    const secret = "s".repeat(9000);
    const problems = [
      ...validateCluster(cluster({ registrationToken: secret })),
      ...validateOperation(operation({ approvals: { claim: secret } })),
      ...validateCluster(
        cluster({ controlPlaneEndpoint: "ftp://admin:sssss@cp.example.com" }),
      ),
    ];
    expect(fieldsOf(problems)).toEqual([
      "spec.registrationToken",
      "spec.approvals.claim",
      "spec.controlPlaneEndpoint",
    ]);
    expect(JSON.stringify(problems)).not.toContain("sssss");
  });

  it("cuts what it repeats and lists at most 50 problems", () => {
    const long = managed({ mode: "x".repeat(100_000) });
    expect(
      JSON.stringify(validateApplicationInstance(long)).length,
    ).toBeLessThan(1000);
    const many = managed({
      policy: { maintenanceWindows: Array.from({ length: 5000 }, () => 0) },
    });
    expect(validateApplicationInstance(many)).toHaveLength(50);
  });

  it("refuses labels and annotations that are no texts", () => {
    const { metadata, ...rest } = managed();
    const manifest = {
      ...rest,
      metadata: { ...metadata, labels: { a: 1 }, annotations: "none" },
    };
    expect(fieldsOf(validateApplicationInstance(manifest))).toEqual([
      "metadata.labels.a",
      "metadata.annotations",
    ]);
  });

  it("ignores unknown fields and the status, which the API server drops", () => {
    const manifest = { ...placeholder({ surprise: 1 }), status: "none" };
    expect(validateApplicationInstance(manifest)).toEqual([]);
  });

  it.each([[undefined], [null], [42], ["text"], [[]], [{}], [() => 1]])(
    "refuses %p, which is no manifest",
    (junk) => {
      for (const validate of Object.values(VALIDATORS))
        expect(validate(junk, junk)).not.toEqual([]);
    },
  );

  it("refuses the manifest of another kind", () => {
    expect(fieldsOf(validateApplicationInstance(operation()))).toEqual(
      expect.arrayContaining(["apiVersion", "kind"]),
    );
  });

  it("answers for any input", () => {
    const junk = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
    });
    fc.assert(
      fc.property(junk, junk, (object, old) => {
        for (const validate of Object.values(VALIDATORS))
          expect(Array.isArray(validate(object, old))).toBe(true);
      }),
    );
  });

  it("answers for a manifest with junk in any one field, and names a field for each problem", () => {
    const fields = ["mode", "appRef", "chart", "release", "values", "policy"];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.anything(), (field, junk) => {
        const manifest = managed({ [field]: junk });
        for (const problem of validateApplicationInstance(manifest, managed()))
          expect(problem.message).toContain(problem.field);
      }),
    );
  });
});
