import {
  isList,
  RpcUsageError,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { OdooModel } from "../../odoo/registry/odoo-model";
import type { ObjectSchema } from "./tool";

const MAX_ID = 2 ** 31 - 1;

/** @throws RpcUsageError naming an argument that the tool doesn't take, or one that is missing */
export function requireArguments(
  tool: string,
  { properties, required }: ObjectSchema,
  args: RpcStruct,
): void {
  const unknown = Object.keys(args).find(
    (name) => !Object.hasOwn(properties, name),
  );
  if (unknown !== undefined)
    throw new RpcUsageError(
      `${tool} has no argument ${unknown.slice(0, 80)}; there are ${Object.keys(properties).join(", ")}.`,
    );
  const missing = required.find((name) => args[name] === undefined);
  if (missing !== undefined)
    throw new RpcUsageError(`${tool} needs ${missing}, which is missing.`);
}

/** @throws RpcUsageError naming the argument */
export function wholeNumber(
  name: string,
  value: RpcValue | undefined,
  range: {
    readonly least: number;
    readonly most: number;
    readonly otherwise?: number;
  },
): number {
  const { least, most, otherwise } = range;
  const given = value ?? otherwise;
  if (
    typeof given === "number" &&
    Number.isInteger(given) &&
    given >= least &&
    given <= most
  )
    return given;
  throw new RpcUsageError(
    `${name} is ${shown(value)}: give a whole number from ${least} to ${most}.`,
  );
}

export function oneId(args: RpcStruct): number {
  return wholeNumber("id", args["id"], { least: 1, most: MAX_ID });
}

/** @throws RpcUsageError */
export function fewIds(value: RpcValue | undefined, most: number): number[] {
  if (!isList(value) || value.length === 0 || value.length > most)
    throw new RpcUsageError(`ids must be a list of 1 to ${most} ids.`);
  return value.map((id) => wholeNumber("ids", id, { least: 1, most: MAX_ID }));
}

/** @throws RpcUsageError naming the models that there are */
export function modelOf(
  args: RpcStruct,
  models: readonly OdooModel[],
): OdooModel {
  const found = models.find(({ name }) => name === args["model"]);
  if (found !== undefined) return found;
  throw new RpcUsageError(
    `model is ${shown(args["model"])}: give one of ${models.map(({ name }) => name).join(", ")}.`,
  );
}

function shown(value: RpcValue | undefined): string {
  return (JSON.stringify(value) ?? "not given").slice(0, 80);
}
