import { batch, computed, effect, signal } from "@preact/signals";
import type { ConfigEnvelope, ConfigHistory, MeerkatClient } from "meerkat-edge";
import { guardUnsaved } from "../../app/unsaved.ts";
import { patchBetween, patched } from "./changes.ts";
import { type Document, readDocument, textOfDocument } from "./json-text.ts";
import { isConflict, type KeyProblem, problemsOfKeys } from "./refusals.ts";

/** What others wrote since the draft was begun. */
export interface Conflict {
  theirs: ConfigEnvelope;
  /** Who wrote and when, newest first. */
  writes: ConfigHistory["history"];
}

/** What was typed, and the config that it was begun from. */
interface Typed {
  base: ConfigEnvelope;
  text: string;
}

/** How an attempt to save ended. `refused` is told in `problems`, `conflict` in `conflict`. */
export type SaveOutcome = "saved" | "conflict" | "refused";

/** The config as it is being edited. Nothing that was typed goes but by the user's own choice. */
export class Draft {
  readonly base = signal<ConfigEnvelope>();
  readonly text = signal("");
  readonly conflict = signal<Conflict>();
  /** A draft that was left for the others' version; it can be brought back. */
  readonly setAside = signal<Typed>();
  /** What the deployment refused at the last attempt, by key. */
  readonly problems = signal<readonly KeyProblem[]>([]);
  readonly isSaving = signal(false);

  readonly reading = computed(() => readDocument(this.text.value));
  /** Whether something was typed that is not saved. */
  readonly isTyped = computed(
    () => this.base.value !== undefined && this.text.value !== textOf(this.base.value),
  );
  /** What saving would change; nothing while the text is not JSON. */
  readonly patch = computed<Document | undefined>(() => {
    const { document } = this.reading.value;
    return document && this.base.value && patchBetween(this.base.value.config, document);
  });

  /** Whether saving would change anything. */
  readonly isToSave = computed(() => Object.keys(this.patch.value ?? {}).length > 0);

  constructor() {
    effect(() => {
      if (!this.isTyped.value && !this.setAside.value) return undefined;
      return guardUnsaved({
        section: "config",
        name: "changes to the config",
        discard: () => this.discard(),
      });
    });
  }

  /** Reads the config. What was typed stays, and is told what others wrote meanwhile. */
  async read(client: MeerkatClient): Promise<void> {
    const present = await client.getConfig();
    if (!this.isTyped.value) this.#begin({ base: present, text: textOf(present) });
    else if (present.generation !== this.base.value?.generation) await this.#meet(client, present);
  }

  /** Writes what was changed, unless somebody else wrote meanwhile. @throws what says nothing about the document */
  async save(client: MeerkatClient): Promise<SaveOutcome> {
    const [base, text, patch] = [this.base.value, this.text.value, this.patch.value];
    if (!base || !patch || !this.isToSave.value || this.isSaving.value) return "refused";
    this.isSaving.value = true;
    this.problems.value = [];
    try {
      const expectedGeneration = base.generation;
      const written = await client.patchConfig(patch, { expectedGeneration });
      // What was typed while this was under way stays.
      const isNewer = this.text.value !== text;
      this.#begin({ base: written, text: isNewer ? this.text.value : textOf(written) });
      return "saved";
    } catch (error) {
      if (isConflict(error)) {
        await this.#meet(client, await client.getConfig());
        return "conflict";
      }
      this.problems.value = problemsOfKeys(error);
      if (this.problems.value.length === 0) throw error;
      return "refused";
    } finally {
      this.isSaving.value = false;
    }
  }

  /** Goes on from what the others wrote; what was typed is set aside. */
  takeTheirs(): void {
    const { conflict, base, text } = this;
    if (!conflict.value || !base.value) return;
    const mine = { base: base.value, text: text.value };
    const { theirs } = conflict.value;
    this.#begin({ base: theirs, text: textOf(theirs) });
    this.setAside.value = mine;
  }

  /** Makes the same changes to what the others wrote; where both changed a key, it gets the user's value. */
  reapply(): void {
    const [conflict, patch] = [this.conflict.value, this.patch.value];
    if (!conflict || !patch) return;
    const config = patched(conflict.theirs.config, patch);
    this.#begin({ base: conflict.theirs, text: textOf({ config }) });
  }

  /** Returns to the draft that was set aside; what stands in the editor goes. */
  bringBack(): void {
    if (this.setAside.value) this.#begin(this.setAside.value);
    this.setAside.value = undefined;
  }

  /** Forgets what was typed. */
  discard(): void {
    this.setAside.value = undefined;
    if (this.base.value) this.#begin({ base: this.base.value, text: textOf(this.base.value) });
  }

  #begin({ base, text }: Typed): void {
    batch(() => {
      this.base.value = base;
      this.text.value = text;
      this.conflict.value = undefined;
      this.problems.value = [];
    });
  }

  async #meet(client: MeerkatClient, theirs: ConfigEnvelope): Promise<void> {
    const since = this.base.value?.generation ?? 0;
    const { history } = await client.configHistory();
    const writes = history.filter(({ generation }) => generation > since);
    this.conflict.value = { theirs, writes };
  }
}

function textOf({ config }: Pick<ConfigEnvelope, "config">): string {
  return textOfDocument(config);
}
