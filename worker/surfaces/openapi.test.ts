import { describe, expect, it } from "vitest";
import { operationList } from "../../sdk/contract/index.ts";
import { get, ORIGIN } from "../test-support.ts";

interface Document {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, { schema: { properties: object } }> };
  responses: Record<string, unknown>;
}

describe("GET /openapi.json", () => {
  it("describes this server in OpenAPI 3.1", async () => {
    const { status, body } = await get<Document>("/openapi.json");

    expect(status).toBe(200);
    expect(body.openapi).toMatch(/^3\.1\./);
    expect(body.servers).toEqual([{ url: ORIGIN }]);
  });

  it.each(operationList)(
    "has %s",
    async (name, { http: [method, path], input, query, successStatus = 200 }) => {
      const { body } = await get<Document>("/openapi.json");

      const template = path.replaceAll(/:(\w+)/g, "{$1}");
      const operation = body.paths[template]?.[method.toLowerCase()];
      expect(operation?.operationId).toBe(name.replaceAll("/", "_"));
      expect(Object.keys(operation?.responses ?? {})).toEqual([
        String(successStatus),
        "4XX",
        "5XX",
      ]);
      const described = [
        ...(operation?.parameters ?? []).map((parameter) => parameter.name),
        ...Object.keys(
          operation?.requestBody?.content["application/json"]?.schema.properties ?? {},
        ),
      ];
      for (const field of Object.keys((query?.schema ?? input).shape)) {
        if (!path.includes(`:${field}`)) expect(described).toContain(field);
      }
      for (const [, inPath] of path.matchAll(/:(\w+)/g)) {
        expect(operation?.parameters).toContainEqual(
          expect.objectContaining({ name: inPath, in: "path", required: true }),
        );
      }
    },
  );

  it("describes a reply of every route but the feed, and each route once", async () => {
    const { body } = await get<Document>("/openapi.json");

    const ids = Object.values(body.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(operationList.length);
  });
});
