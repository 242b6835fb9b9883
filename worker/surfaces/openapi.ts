import * as z from "zod";
import { type Operation, operationList, packageVersion } from "../../sdk/contract/index.ts";

type Json = Record<string, unknown>;

/** The REST surface as an OpenAPI 3.1 document, one path item per route in the table. */
export function openapi(server: string): Json {
  const paths: Record<string, Json> = {};
  for (const [name, operation] of operationList) {
    const [method, path] = operation.http;
    const template = path.replaceAll(/:(\w+)/g, "{$1}");
    paths[template] = { ...paths[template], [method.toLowerCase()]: describe(name, operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Meerkat Edge",
      version: packageVersion,
      description: "Durable, multi-tenant agent sessions. Prefix any path with /realms/{realm}.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: server }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: { Error: errorSchema },
    },
  };
}

const errorSchema = z.toJSONSchema(
  z.object({
    error: z.string(),
    code: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
);

function describe(name: string, operation: Operation): Json {
  const { summary, http, input, output, successStatus = 200 } = operation;
  const [method, path] = http;
  const isQuery = method === "GET" || method === "DELETE";
  const inPath = new Set([...path.matchAll(/:(\w+)/g)].map(([, key]) => key));
  const hasBody = !isQuery && Object.keys(input.shape).some((key) => !inPath.has(key));
  return {
    operationId: name.replaceAll("/", "_"),
    summary,
    tags: [name.split("/")[0]],
    parameters: [
      ...parameters(input, "path").filter(({ name: key }) => inPath.has(key)),
      ...(isQuery ? parameters(operation.query?.schema ?? input, "query") : []).filter(
        ({ name: key }) => !inPath.has(key),
      ),
    ],
    ...(hasBody ? { requestBody: body(input) } : {}),
    responses: {
      [successStatus]: {
        description: summary,
        content: json(z.toJSONSchema(output, { io: "output" })),
      },
      "4XX": failure("The caller can mend it"),
      "5XX": failure("It failed here"),
    },
  };
}

function parameters(input: z.ZodObject, place: "path" | "query") {
  const { properties = {}, required = [] } = z.toJSONSchema(input, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema,
  }));
}

function failure(description: string): Json {
  return { description, content: json({ $ref: "#/components/schemas/Error" }) };
}

function body(input: z.ZodObject): Json {
  return { required: true, content: json(z.toJSONSchema(input, { io: "input" })) };
}

function json(schema: unknown): Json {
  return { "application/json": { schema } };
}
