/** JSON Schema 2020-12, as OpenAPI 3.1 has it. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly description: string;
  readonly schema?: Schema;
  /** Of the body, where it isn't the document's own. */
  readonly mediaType?: string;
  readonly headers?: Readonly<Record<string, Schema>>;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Schema[];
  readonly body?: Schema;
  /** Whether a request without a body is one, too. */
  readonly isBodyOptional?: boolean;
  /** By status; a text names one of the document's own. */
  readonly answers: Readonly<Record<string, Answer | string>>;
  /** Empty: nobody has to say who he is. */
  readonly security?: readonly object[];
}

export interface DocumentParts {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly mediaType: string;
  readonly tags: readonly {
    readonly name: string;
    readonly description: string;
  }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly answers: Readonly<Record<string, Answer>>;
  readonly securitySchemes: Readonly<Record<string, Schema>>;
  readonly security: readonly object[];
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** The OpenAPI 3.1 document as text. */
export function documentText(parts: DocumentParts): string {
  const { title, version, description, mediaType } = parts;
  const document = {
    openapi: "3.1.1",
    info: {
      title,
      version,
      description,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "The gateway itself." }],
    security: parts.security,
    tags: parts.tags,
    paths: mapped(parts.paths, (methods) =>
      mapped(methods, (operation) => operationOf(operation, mediaType)),
    ),
    components: {
      securitySchemes: parts.securitySchemes,
      schemas: parts.schemas,
      responses: mapped(parts.answers, (one) => answerOf(one, mediaType)),
    },
  };
  return `${JSON.stringify(document, undefined, 1)}\n`;
}

function operationOf(operation: Operation, mediaType: string): Schema {
  const { body, isBodyOptional, answers, ...rest } = operation;
  return {
    ...rest,
    ...(body && {
      requestBody: {
        required: isBodyOptional !== true,
        content: { [mediaType]: { schema: body } },
      },
    }),
    responses: mapped(answers, (one) =>
      typeof one === "string"
        ? { $ref: `#/components/responses/${one}` }
        : answerOf(one, mediaType),
    ),
  };
}

function answerOf(answer: Answer, mediaType: string): Schema {
  const { description, schema, headers } = answer;
  return {
    description,
    ...(headers && {
      headers: mapped(headers, ({ description: meaning, ...type }) => ({
        description: meaning,
        schema: type,
      })),
    }),
    ...(schema && { content: { [answer.mediaType ?? mediaType]: { schema } } }),
  };
}

export function mapped<T, R>(
  given: Readonly<Record<string, T>>,
  make: (value: T, key: string) => R,
): Record<string, R> {
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, make(value, key)]),
  );
}
