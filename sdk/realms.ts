import { type Camel, camel } from "./casing.ts";
import type { OperationOptions } from "./client-options.ts";
import type { OperationName, OutputOf, ParamsOf } from "./contract/index.ts";

/** What a realm is and what goes on in it; `createdAt` is unix seconds as text. */
export type RealmInfo = Camel<OutputOf<"realms/get">>;
/** How far a realm's deletion has come. */
export type RealmDeletion = Camel<OutputOf<"realms/delete">["deletion"]>;

type Call = <Name extends OperationName>(
  name: Name,
  params: ParamsOf<Name>,
  options?: OperationOptions,
) => Promise<OutputOf<Name>>;

/** The deployment's realms. A client that is bound to one sees that one only. */
export class Realms {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  /** All realms by name, fetched page by page as they are read. @throws {MeerkatError} */
  async *list(options: OperationOptions = {}): AsyncGenerator<RealmInfo> {
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const page: OutputOf<"realms/list"> = await this.#call("realms/list", { cursor }, options);
      for (const realm of page.realms) yield camel(realm);
      cursor = page.next_cursor;
    }
  }

  /** The client's own realm unless another is named. @throws {MeerkatError} `REALM_NOT_FOUND` */
  async get(realmId?: string, options: OperationOptions = {}): Promise<RealmInfo> {
    const params = realmId === undefined ? {} : { realm_id: realmId };
    return camel(await this.#call("realms/get", params, options));
  }

  /** Creates a realm, or finds it as it is. @throws {MeerkatError} `REALM_DELETING` */
  async create(
    realmId: string,
    { backend, ...options }: OperationOptions & Pick<ParamsOf<"realms/create">, "backend"> = {},
  ): Promise<RealmInfo & { created: boolean }> {
    const params = { realm_id: realmId, ...(backend === undefined ? {} : { backend }) };
    const made = await this.#call("realms/create", params, options);
    return camel(made);
  }

  /**
   * Begins to erase a realm and all its sessions; `get` tells how far it has come, until it fails with
   * `REALM_NOT_FOUND` and the proof in `details.deletion`.
   * @throws {MeerkatError} `REALM_BUSY` while turns run, unless `force` ends them
   */
  async delete(
    realmId: string,
    { force = false, ...options }: OperationOptions & { force?: boolean } = {},
  ): Promise<RealmDeletion> {
    const params = { realm_id: realmId, force };
    const { deletion } = await this.#call("realms/delete", params, options);
    return camel(deletion);
  }
}
