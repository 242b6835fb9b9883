import * as z from "zod";
import { type Operation, operationList } from "../../sdk/contract/index.ts";

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
      version: "0.1.0",
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

function describe(name: string, { summary, http: [method, path], input, output }: Operation): Json {
  const { properties = {}, required = [] } = z.toJSONSchema(input, { io: "input" });
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, key]) => key ?? "");
  const elsewhere = Object.keys(properties).filter((key) => !inPath.includes(key));
  const parameter = (key: string, place: "path" | "query") => ({
    name: key,
    in: place,
    required: place === "path" || required.includes(key),
    schema: properties[key],
  });
  const isQuery = method === "GET" || method === "DELETE";
  return {
    operationId: name.replaceAll("/", "_"),
    summary,
    tags: [name.split("/")[0]],
    parameters: [
      ...inPath.map((key) => parameter(key, "path")),
      ...(isQuery ? elsewhere.map((key) => parameter(key, "query")) : []),
    ],
    ...(isQuery || elsewhere.length === 0 ? {} : { requestBody: body(input) }),
    responses: {
      200: { description: summary, content: json(z.toJSONSchema(output, { io: "output" })) },
      "4XX": {
        description: "The caller can mend it",
        content: json({ $ref: "#/components/schemas/Error" }),
      },
      "5XX": {
        description: "It failed here",
        content: json({ $ref: "#/components/schemas/Error" }),
      },
    },
  };
}

function body(input: z.ZodObject): Json {
  return { required: true, content: json(z.toJSONSchema(input, { io: "input" })) };
}

function json(schema: unknown): Json {
  return { "application/json": { schema } };
}
