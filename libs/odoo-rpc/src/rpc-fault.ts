import { DomainError } from "@vworkspace/kernel";
import {
  kindOfException,
  kindOfFault,
  ODOO_ERRORS,
  type OdooErrorKind,
} from "./odoo-error";

/** The other side answered, and its answer is an error. Its kind says whether asking again can help. */
export class RpcFault extends DomainError {
  constructor(
    readonly kind: OdooErrorKind,
    message: string,
  ) {
    super(ODOO_ERRORS[kind].code, message);
    this.name = "RpcFault";
  }

  /** From `faultCode` and `faultString` of either XML-RPC skin; a textual code holds the sentence after a blank line. */
  static fromFault(code: number | string, text: string): RpcFault {
    const kind = kindOfFault(code);
    if (typeof code === "number" || text.trim() !== "")
      return new RpcFault(kind, lastLine(text));
    return new RpcFault(kind, code.replace(/^warning -- \w+\n\n/, ""));
  }

  /** From `name` and `message` of a JSON error's data. */
  static fromException(name: string, message: string): RpcFault {
    return new RpcFault(kindOfException(name), message);
  }
}

/** Odoo's programming errors carry a traceback of many lines, of which the last one says what happened. */
function lastLine(text: string): string {
  if (!text.startsWith("Traceback")) return text;
  return text.trimEnd().split("\n").at(-1) ?? text;
}
