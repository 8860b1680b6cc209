import "reflect-metadata";
import { agentDocument } from "./openapi/agent-document";
import { json2Document } from "./openapi/json2-document";
import { reference } from "./reference-file";

reference("docs/reference/openapi-json2.json", json2Document());
reference("docs/reference/openapi-agent.json", agentDocument());
