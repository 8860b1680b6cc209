export interface McpOptions {
  /** Where the gateway is reached; known once it listens. */
  readonly publicUrl: () => string;
}

export const MCP_OPTIONS = Symbol("McpOptions");
