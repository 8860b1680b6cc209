import { spawnSync } from "node:child_process";
import {
  accessTokenHash,
  DPOP_TYPE,
  dpopThumbprint,
  makeDpopProof,
  publicDpopKey,
  verifyDpopProof,
} from "@vworkspace/contract";
import { exportJWK, generateKeyPair } from "jose";
import { PythonClient } from "../odoo-clients/python-client";

jest.setTimeout(180_000);

const environment = spawnSync(
  process.execPath,
  ["test/odoo-clients/python-env.mjs"],
  { encoding: "utf8" },
);
const python = environment.stdout.trim();
// Where CI requires everything, a missing jwcrypto fails instead.
const describeWithPython =
  python !== "" || process.env.CI === "true" ? describe : describe.skip;

const URL = "https://gateway.example.com/api/agent/jobs";
const KINDS = [
  ["ES256", { kty: "EC", crv: "P-256" }],
  ["EdDSA", { kty: "OKP", crv: "Ed25519" }],
] as const;

const EXPECTED = {
  method: "GET",
  isUrl: (htu: string) => htu === URL,
  isNonce: (nonce: string | undefined) => nonce === "nonce-1",
  accessToken: "token",
};

describeWithPython(
  `Proofs of another implementation (${python === "" ? `skipped: ${environment.stderr.trim()}` : "Python's jwcrypto"})`,
  () => {
    let peer: PythonClient;

    beforeAll(() => {
      peer = PythonClient.start(python, "test/interop/dpop_peer.py", []);
    });
    afterAll(() => peer?.stop());

    it.each(KINDS)("by %s count here", async (alg, kind) => {
      const claims = {
        jti: "0123456789",
        htm: "GET",
        htu: `${URL}?cluster=c1`,
        iat: 1_700_000_000,
        nonce: "nonce-1",
        ath: await accessTokenHash("token"),
      };
      const { result } = await peer.ask({ do: "make", alg, kind, claims });
      const { proof, thumbprint } = result as Record<string, string>;
      expect(await verifyDpopProof(proof ?? "", EXPECTED)).toMatchObject({
        ok: true,
        proof: { thumbprint },
      });
      const other = { ...EXPECTED, accessToken: "another" };
      expect(await verifyDpopProof(proof ?? "", other)).toMatchObject({
        reason: "token",
      });
    });

    it.each(KINDS)("are what ours by %s are there", async (alg) => {
      const pair = await generateKeyPair(alg, { extractable: true });
      const key = await exportJWK(pair.privateKey);
      const proof = await makeDpopProof(
        {
          method: "GET",
          url: URL,
          jti: "0123456789",
          issuedAt: 1_700_000_000,
          nonce: "nonce-1",
          accessToken: "token",
        },
        key,
      );
      expect(await peer.ask({ do: "read", proof })).toEqual({
        result: {
          header: { typ: DPOP_TYPE, alg, jwk: publicDpopKey(key) },
          claims: {
            htm: "GET",
            htu: URL,
            jti: "0123456789",
            iat: 1_700_000_000,
            nonce: "nonce-1",
            ath: await accessTokenHash("token"),
          },
          thumbprint: await dpopThumbprint(key),
        },
      });
      const changed = `${proof.slice(0, -4)}AAAA`;
      expect(await peer.ask({ do: "read", proof: changed })).toMatchObject({
        error: "InvalidJWSSignature",
      });
    });
  },
);
