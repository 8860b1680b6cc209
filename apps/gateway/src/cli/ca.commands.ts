import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { Argument, type Command } from "commander";
import { AuthorityService } from "../trust/certificates/authority.service";
import { CertificateService } from "../trust/certificates/certificate.service";
import {
  ROTATION_STEPS,
  type RotationMove,
} from "../trust/certificates/domain/rotation.decide";
import { withStoreys } from "./with-storeys";

/** `vworkspace ca …` */
export function addCaCommands(program: Command): void {
  const ca = program
    .command("ca")
    .description("the CA that signs the certificates of agents");
  ca.command("status")
    .description("the CAs, and where their rotation stands")
    .action(() =>
      withStoreys((storeys) => print(storeys.get(AuthorityService))),
    );
  ca.command("show")
    .description(
      "what agents have to trust the listener by, as PEM: VWORKSPACE_CA_FILE of the agent",
    )
    .action(() =>
      withStoreys(async (storeys) => {
        const { anchorsPem } = await storeys.get(CertificateService).current();
        process.stdout.write(anchorsPem);
      }),
    );
  ca.command("rotate")
    .description(
      "one step from one CA to the next: init, trust (both), issue (by the new one), distrust (the old one), done; each but done can be taken back by naming the step before",
    )
    .addArgument(new Argument("<step>").choices([...ROTATION_STEPS, "done"]))
    .option("--root-key <file>", "the root's key, where it was exported")
    .action(rotate);
  ca.command("export-root")
    .description(
      "move the root's key out of the database into a new file, to be kept offline",
    )
    .argument("<file>")
    .action(exportRoot);
  ca.command("revoke")
    .description("revoke a cluster's certificate by its serial (hex)")
    .argument("<serial>")
    .action((serial: string) =>
      withStoreys((storeys) => storeys.get(AuthorityService).revoke(serial)),
    );
}

async function rotate(
  step: RotationMove,
  { rootKey: file }: { rootKey?: string },
): Promise<void> {
  const rootKey = file === undefined ? undefined : await readFile(file, "utf8");
  await withStoreys(async (storeys) => {
    await storeys.get(AuthorityService).rotate(step, rootKey);
    await print(storeys.get(AuthorityService));
  });
}

async function exportRoot(file: string): Promise<void> {
  await withStoreys((storeys) =>
    storeys
      .get(AuthorityService)
      // It is gone from the database only when it stands in the file.
      .exportRoot((pem) => writeFile(file, pem, { mode: 0o600, flag: "wx" })),
  );
  process.stderr.write(
    `The root's key is in ${file} and nowhere else. The next rotation needs it: --root-key ${file}\n`,
  );
}

async function print(service: AuthorityService): Promise<void> {
  const { step, authorities } = await service.status();
  process.stdout.write(`rotation: ${step}\n`);
  for (const { id, state, certificatePem, sealedKey } of authorities) {
    const { validTo } = new X509Certificate(certificatePem);
    const key = sealedKey ? "" : "  (key is elsewhere)";
    process.stdout.write(
      `${id}  ${state.padEnd(10)}  until ${new Date(validTo).toISOString()}${key}\n`,
    );
  }
}
