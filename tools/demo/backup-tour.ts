import type { RpcStruct, RpcValue } from "@vworkspace/odoo-rpc";
import type { DemoFile, People } from "./demo-file";
import { OdooCalls, text } from "./odoo-calls";
import { DemoFailure } from "./program";
import type { Screen } from "./screen";

const OPERATION = "vworkspace.operation";
const SCHEDULE = "vworkspace.operation.schedule";
const INSTANCE = "vworkspace.application.instance";

/** By their marks they are found again at the next start. */
const BACKUP_MARK = "npm-start";
const NIGHTLY_MARK = "npm-start-nightly";
const BY_VELERO = { type: "Backup", engine: "velero" };
const LOOK_MS = 60;
const PATIENCE_MS = 60_000;
const ENDED = ["succeeded", "failed", "cancelled"];

/** A backup that one person asks for and another approves, and one for every night. */
export class BackupTour {
  private readonly operator: OdooCalls;
  private readonly approver: OdooCalls;

  constructor(
    demo: DemoFile,
    { operator, approver }: People,
    private readonly screen: Screen,
  ) {
    this.operator = new OdooCalls(demo, { login: "operator", key: operator });
    this.approver = new OdooCalls(demo, { login: "approver", key: approver });
  }

  async close(): Promise<void> {
    await this.operator.close();
    await this.approver.close();
  }

  async show(instance: number): Promise<void> {
    this.screen.heading(
      "A backup, which a second person approves (policy: require_approval_for, four_eyes)",
    );
    const backup = await this.ask(instance);
    await this.approve(backup);
    await this.follow(backup);
    await this.lastBackup(instance);
    await this.nightly(instance);
  }

  private async ask(instance: number): Promise<number> {
    const found = await this.marked(OPERATION, BACKUP_MARK, ["name"]);
    if (found) {
      const name = text(found, "name");
      this.screen.step("Backup", `${name} is there from an earlier start`);
      return Number(found["id"]);
    }
    const values = {
      instance_id: instance,
      ...BY_VELERO,
      parameters: { ttl: "720h" },
      external_ref: BACKUP_MARK,
    };
    return Number(await this.call(OPERATION, "create", [values]));
  }

  /** Whoever asked can't: the demo's policy says four_eyes. */
  private async approve(id: number): Promise<void> {
    const { approval_state: approval } = await this.operation(id);
    if (approval !== "required") return;
    this.screen.travel("gateway", "awaiting_approval, as policy wants it");
    await this.approver.call(OPERATION, "action_approve", [[id]]);
    const said = callOf(OPERATION, "action_approve", [[id]]);
    this.screen.step("approver calls", said);
  }

  /** Prints each state, and each step that the cluster tells of. */
  private async follow(id: number): Promise<void> {
    const tell = this.screen.travelOnce();
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const backup = await this.operation(id);
      const state = text(backup, "state");
      for (const line of linesOf(backup)) tell(...line);
      // The state is told first, the words of the end after it.
      const isOver = ENDED.includes(state) && text(backup, "reason") !== "";
      if (isOver || state === "blocked") return;
      if (Date.now() > deadline)
        throw new DemoFailure(
          `The backup is still ${state}: the logs of gateway and agent in the data directory say why.`,
        );
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  private async lastBackup(instance: number): Promise<void> {
    const field = "last_backup_at";
    const given = [[instance], [field]];
    const [found] = (await this.call(INSTANCE, "read", given)) as RpcStruct[];
    const at = found && text(found, field);
    this.screen.travel(
      "gateway",
      at ? `${field} ${at} UTC` : `${field} is not set: nothing succeeded yet`,
    );
  }

  private async nightly(instance: number): Promise<void> {
    if (!(await this.marked(SCHEDULE, NIGHTLY_MARK, ["name"]))) {
      const values = {
        instance_id: instance,
        ...BY_VELERO,
        parameters: { ttl: "168h" },
        cron: "0 2 * * *",
        keep: 7,
        external_ref: NIGHTLY_MARK,
      };
      await this.call(SCHEDULE, "create", [values]);
    }
    const given = [[], ["name", "cron", "next_run"]];
    const all = await this.call(SCHEDULE, "search_read", given);
    for (const schedule of all as RpcStruct[])
      this.screen.travel(
        "gateway",
        `${text(schedule, "name")} (${text(schedule, "cron")}): next run ${text(schedule, "next_run")} UTC; it waits for the approver too`,
      );
  }

  /** A call of the operator's, shown as it can be repeated. */
  private async call(
    model: string,
    method: string,
    given: readonly unknown[],
  ): Promise<RpcValue> {
    const answer = await this.operator.call(model, method, given);
    this.screen.step("operator calls", callOf(model, method, given));
    return answer;
  }

  private async marked(
    model: string,
    mark: string,
    fields: readonly string[],
  ): Promise<RpcStruct | undefined> {
    const domain = [["external_ref", "=", mark]];
    const [found] = await this.operator.read(model, domain, fields);
    return found;
  }

  private async operation(id: number): Promise<RpcStruct> {
    const fields = ["state", "approval_state", "reason", "message", "progress"];
    const domain = [["id", "=", id]];
    const [found] = await this.operator.read(OPERATION, domain, fields);
    if (!found) throw new DemoFailure("The backup is gone.");
    return found;
  }
}

/** Model, method and what it is given, as they stand in execute_kw: JSON that Python reads too. */
function callOf(
  model: string,
  method: string,
  given: readonly unknown[],
): string {
  return `${model} ${method} ${spaced(given)}`;
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, one]) => `${JSON.stringify(name)}: ${spaced(one)}`,
  );
  return `{${fields.join(", ")}}`;
}

/** Who says what. The progress that was told last stays, so that it is shown however soon the end came. */
function linesOf(backup: RpcStruct): readonly [string, string][] {
  const state = text(backup, "state");
  const isOurs = ["requested", "awaiting_approval", "delivering"];
  if (isOurs.includes(state)) return [["gateway", state]];
  const progress = text(backup, "progress");
  const running: [string, string] = ["cluster", `running: ${progress}`];
  const told = progress === "" ? [] : [running];
  const reason = text(backup, "reason");
  if (state === "running" || reason === "") return told;
  return [
    ...told,
    ["cluster", `${state} ${reason}: ${text(backup, "message")}`],
  ];
}
