import { type DynamicModule, Module } from "@nestjs/common";
import { McpController } from "./mcp.controller";
import { McpEndpoint } from "./mcp-endpoint";
import { MCP_OPTIONS, type McpOptions } from "./mcp-options";
import { ToolBook } from "./tools/tool-book";

/** The same registry as Odoo's protocols have, as tools for assistants. */
@Module({})
export class McpModule {
  static register(options: McpOptions): DynamicModule {
    return {
      module: McpModule,
      controllers: [McpController],
      providers: [
        { provide: MCP_OPTIONS, useValue: options },
        ToolBook,
        McpEndpoint,
      ],
    };
  }
}
