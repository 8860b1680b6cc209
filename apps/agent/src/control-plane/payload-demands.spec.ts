import { CLUSTER, type ClusterSpec } from "@vworkspace/resources";
import { MemoryWatches } from "../testing/memory-watches";
import { payloadDemands } from "./payload-demands";

const UNASKED = {
  requiresSignedPayloads: false,
  requiresEncryptedPayloads: false,
};

function seen(security?: ClusterSpec["security"]): MemoryWatches {
  const watches = new MemoryWatches();
  const metadata = { name: "this-cluster" };
  watches.show({
    ...CLUSTER,
    metadata,
    spec: { ...(security && { security }) },
  });
  return watches;
}

describe("What a job must be for this cluster", () => {
  it.each([
    [undefined, { isSigned: false, isEncrypted: false }],
    [{ requireSignedPayloads: false }, { isSigned: false, isEncrypted: false }],
    [{ requireSignedPayloads: true }, { isSigned: true, isEncrypted: false }],
    [
      { requireEncryptedPayloads: true },
      { isSigned: false, isEncrypted: true },
    ],
  ])("is said by its object's security %j: %j", async (security, demands) => {
    expect(await payloadDemands(seen(security), UNASKED)).toEqual(demands);
  });

  it("is said by the agent's settings, which the object can't take back", async () => {
    const security = { requireSignedPayloads: false };
    const settings = {
      requiresSignedPayloads: true,
      requiresEncryptedPayloads: true,
    };
    for (const watches of [seen(security), new MemoryWatches()])
      expect(await payloadDemands(watches, settings)).toEqual({
        isSigned: true,
        isEncrypted: true,
      });
  });

  it("is waited for until the object is known, and is everything where it never will be", async () => {
    const watches = seen({ requireSignedPayloads: true });
    let tell: () => void = () => undefined;
    let isKnown = false;
    watches.whenSynced = () => new Promise((resolve) => (tell = resolve));
    watches.hasSynced = () => isKnown;
    const asked = payloadDemands(watches, UNASKED);
    isKnown = true;
    tell();
    expect(await asked).toEqual({ isSigned: true, isEncrypted: false });
    isKnown = false;
    const never = payloadDemands(watches, UNASKED);
    tell();
    expect(await never).toEqual({ isSigned: true, isEncrypted: true });
  });
});
