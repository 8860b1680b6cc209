import type { OdooModel } from "../../odoo/registry/odoo-model";
import type { McpTool, ObjectSchema, ToolHints } from "./tool";

/** A tool as tools/list tells it. */
export function describeTool({
  tool,
  models,
}: {
  readonly tool: McpTool;
  readonly models: readonly OdooModel[];
}): {
  name: string;
  title: string;
  description: string;
  inputSchema: ObjectSchema;
  outputSchema: ObjectSchema;
  annotations: ToolHints;
} {
  const { name, title, description, hints } = tool;
  return {
    name,
    title,
    description,
    inputSchema: tool.input(models),
    outputSchema: tool.output,
    annotations: hints,
  };
}
