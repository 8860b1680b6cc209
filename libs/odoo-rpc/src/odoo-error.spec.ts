import { ERROR_STATUS, type ErrorCode } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import {
  errorData,
  numericFault,
  ODOO_ERRORS,
  odooErrorOf,
  type OdooErrorKind,
  textualFault,
} from "./odoo-error";

describe("an error in Odoo's terms", () => {
  it.each<[OdooErrorKind, number, string, string, string, number]>([
    [
      "programming",
      1,
      "No such field.",
      "No such field.",
      "builtins.ValueError",
      422,
    ],
    [
      "user",
      2,
      "warning -- UserError\n\nNo such field.",
      "",
      "odoo.exceptions.UserError",
      422,
    ],
    [
      "validation",
      2,
      "warning -- UserError\n\nNo such field.",
      "",
      "odoo.exceptions.ValidationError",
      422,
    ],
    [
      "missing",
      2,
      "warning -- MissingError\n\nNo such field.",
      "",
      "odoo.exceptions.MissingError",
      404,
    ],
    [
      "accessDenied",
      3,
      "AccessDenied",
      "No such field.",
      "odoo.exceptions.AccessDenied",
      401,
    ],
    [
      "accessError",
      4,
      "warning -- AccessError\n\nNo such field.",
      "",
      "odoo.exceptions.AccessError",
      403,
    ],
  ])("of kind %s has its form on every skin", (...row) => {
    const [kind, number, code, text, name, status] = row;
    const error = { kind, message: "No such field." };
    expect(numericFault(error)).toEqual({
      code: number,
      message: "No such field.",
    });
    expect(textualFault(error)).toEqual({ code, message: text });
    expect(errorData(error)).toMatchObject({
      name,
      message: "No such field.",
    });
    expect(ODOO_ERRORS[kind].status).toBe(status);
  });

  it.each<[ErrorCode, number]>([
    ["invalid_request", 1],
    ["internal", 1],
    ["policy_denied", 2],
    ["not_found", 2],
    ["validation_failed", 2],
    ["conflict", 2],
    ["unauthenticated", 3],
    ["forbidden", 4],
  ])("our code %s is fault %d", (code, fault) => {
    const error = odooErrorOf(new DomainError(code, "A sentence."));
    expect(numericFault(error)).toEqual({
      code: fault,
      message: "A sentence.",
    });
  });

  it("exists for each of our codes", () => {
    for (const code of Object.keys(ERROR_STATUS) as ErrorCode[])
      expect(ODOO_ERRORS).toHaveProperty(
        odooErrorOf(new DomainError(code, "x")).kind,
      );
  });
});
