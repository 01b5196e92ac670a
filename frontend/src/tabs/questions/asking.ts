/** Questions that the server works on for a while: what is under way, its answer or its refusal. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { QuestionKind, Refusal, Standing } from "../../contract";
import { ApiError, getStandings, problemsOf } from "../../data/api";
import { study, tab } from "../../state";

const BETWEEN_LOOKS_MS = 1_000;

/** Questions of one kind, asked one at a time on the tab of that name. */
export class Asking<Request, Answer extends { study: string }> {
  /** The newest answer; of whatever study was open when it was asked for. */
  readonly newest = signal<Answer | null>(null);
  /** The answer about the open study. */
  readonly answer: ReadonlySignal<Answer | null> = computed(() =>
    this.newest.value?.study === study.value?.page.study ? this.newest.value : null,
  );
  /** The answer on the map: only where it is looked at. */
  readonly onMap: ReadonlySignal<Answer | null> = computed(() =>
    tab.value === this.kind ? this.answer.value : null,
  );
  /** Which of the requests is waited for, from 0; null: none. */
  readonly awaited = signal<number | null>(null);
  readonly isAsking = computed(() => this.awaited.value !== null);
  /** What the server does; null: not known. */
  readonly standing = signal<Standing | null>(null);
  readonly refusal = signal<Refusal | null>(null);
  /** Why the form was not sent, as the key of a text. */
  readonly fault = signal<string | null>(null);

  private underWay: AbortController | null = null;

  constructor(
    readonly kind: QuestionKind,
    private readonly post: (request: Request, signal: AbortSignal) => Promise<Answer>,
  ) {}

  /**
   * Put requests one after another; each answer takes the place of the one before, so the first
   * request is for what is soon there.
   */
  async ask(...requests: Request[]): Promise<void> {
    this.underWay?.abort();
    const own = new AbortController();
    this.underWay = own;
    this.refusal.value = null;
    const looking = setInterval(() => void this.look(own), BETWEEN_LOOKS_MS);
    try {
      for (const [i, request] of requests.entries()) {
        this.awaited.value = i;
        const found = await this.post(request, own.signal);
        if (this.underWay !== own) return;
        this.newest.value = found;
      }
    } catch (error) {
      if (this.underWay !== own) return;
      this.refusal.value =
        error instanceof ApiError ? error.refusal : { problems: problemsOf(error) };
      // An answer that is there stands, whatever becomes of the rest.
      if (this.awaited.value === 0) this.newest.value = null;
    } finally {
      clearInterval(looking);
      if (this.underWay === own) this.end();
    }
  }

  /** Give up what is under way. */
  giveUp(): void {
    this.underWay?.abort();
    this.end();
  }

  private end(): void {
    this.underWay = null;
    this.awaited.value = null;
    this.standing.value = null;
  }

  private async look(own: AbortController): Promise<void> {
    // A server that does not say how far it is may still answer.
    const standings = await getStandings().catch(() => null);
    if (this.underWay === own) this.standing.value = standings?.[this.kind] ?? null;
  }
}
