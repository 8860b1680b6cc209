import { Injectable } from "@nestjs/common";
import type { RpcStruct } from "@vworkspace/odoo-rpc";
import type { UserActor } from "../../../trust/identity/domain/actor";
import { ModelRegistry } from "../../odoo/registry/model-registry";
import type { OdooModel } from "../../odoo/registry/odoo-model";
import { isPermitted } from "../../odoo/registry/permissions";
import { makeTools } from "./make-tools";
import type { Ask, McpTool } from "./tool";
import { requireArguments } from "./tool-arguments";

/** The tools, each for whom the table of permissions lets call what stands behind it. */
@Injectable()
export class ToolBook {
  private readonly tools: readonly McpTool[];

  constructor(private readonly registry: ModelRegistry) {
    this.tools = makeTools(registry.models.map(({ model }) => model));
  }

  /** What the caller may use, and on which models. */
  listFor(
    actor: UserActor,
  ): { readonly tool: McpTool; readonly models: readonly OdooModel[] }[] {
    return this.tools
      .map((tool) => ({
        tool,
        models: tool.models.filter(({ name }) =>
          isPermitted(actor, name, tool.method),
        ),
      }))
      .filter(({ models }) => models.length > 0);
  }

  find(name: string): McpTool | undefined {
    return this.tools.find((tool) => tool.name === name);
  }

  /** @throws DomainError with a sentence for the assistant */
  async run(
    actor: UserActor,
    tool: McpTool,
    args: RpcStruct,
  ): Promise<RpcStruct> {
    requireArguments(tool.name, tool.input(tool.models), args);
    return tool.run(this.asking(actor, tool.name), args);
  }

  /** As the caller, who is told apart in the audit log by the tool. */
  private asking(actor: UserActor, tool: string): Ask {
    const caller: UserActor = { ...actor, via: { origin: "mcp", tool } };
    return async ({ name }, method, keywords) =>
      (await this.registry.call(caller, {
        model: name,
        method,
        positional: [],
        keywords,
        wire: "json",
      })) ?? null;
  }
}
