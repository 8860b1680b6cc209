import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020";
import { z } from "zod";

type Json = Readonly<Record<string, unknown>>;

const json = z.record(z.string(), z.unknown());
const operationSchema = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()),
  parameters: z.array(json).default([]),
  responses: z.record(z.string(), json),
  security: z.array(json).optional(),
});
const documentSchema = z.looseObject({
  openapi: z.string(),
  info: json,
  tags: z.array(z.looseObject({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.looseObject({ schemas: z.record(z.string(), json) }),
});

export type OpenApiOperation = z.output<typeof operationSchema> & {
  readonly http: string;
  readonly path: string;
};

/** One of the generated documents, as it is committed. */
export class OpenApiDocument {
  readonly parsed: z.output<typeof documentSchema>;
  /** The document itself. */
  readonly raw: Json;
  private readonly ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    validateFormats: false,
  });

  constructor(file: string) {
    this.raw = json.parse(
      JSON.parse(readFileSync(`docs/reference/${file}`, "utf8")),
    );
    this.parsed = documentSchema.parse(this.raw);
    this.ajv.addSchema(this.raw, "document");
  }

  get operations(): readonly OpenApiOperation[] {
    return Object.entries(this.parsed.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([http, operation]) => ({
        ...operation,
        http,
        path,
      })),
    );
  }

  /** What `$ref` leads to; the value itself where it is none. */
  resolve(value: Json): Json {
    const { $ref: reference } = value;
    if (typeof reference !== "string") return value;
    let at: unknown = this.raw;
    for (const step of reference.replace(/^#\//, "").split("/"))
      at = (at as Json | undefined)?.[step];
    if (at === undefined) throw new Error(`${reference} leads nowhere.`);
    return this.resolve(at as Json);
  }

  /** Whether a schema can be used at all. @throws Error */
  compile(name: string): void {
    this.ajv.compile({ $ref: `document#/components/schemas/${name}` });
  }

  /** What is wrong with the body of an answer to `POST path`; empty where it is as the document says. */
  problemsOf(path: string, status: number, body: unknown): string {
    const escaped = path.replaceAll("/", "~1");
    const response = this.parsed.paths[path]?.["post"]?.responses[status];
    if (response === undefined) return `${path} has no answer ${status}.`;
    const at =
      typeof response["$ref"] === "string"
        ? response["$ref"].slice(1)
        : `/paths/${escaped}/post/responses/${status}`;
    const check = this.ajv.compile({
      $ref: `document#${at}/content/application~1json/schema`,
    });
    return check(body) ? "" : this.ajv.errorsText(check.errors);
  }
}
