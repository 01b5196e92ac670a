/** Asking for a balance: the request that is under way, its answer or its refusal. */

import { computed, signal } from "@preact/signals";
import type { Refusal } from "../../contract";
import { ApiError, postSupply, problemsOf } from "../../data/api";
import { contextNow } from "../route/planning";
import { faultOf, form, requestOf } from "./form";
import { limitShown, newest } from "./state";

/** What is waited for: the balance, then what is worked out from it. */
export const awaited = signal<"balance" | "rest" | null>(null);
export const isAsking = computed(() => awaited.value !== null);
export const refusal = signal<Refusal | null>(null);
/** Why the form was not sent, as the key of a text. */
export const fault = signal<string | null>(null);

let underWay: AbortController | null = null;

/**
 * Ask for the balance that the form describes, and show it; then for the stops and the frontier,
 * which take longer than the reader should wait for the balance.
 */
export async function ask(): Promise<void> {
  fault.value = faultOf(form.value);
  if (fault.value) return;
  underWay?.abort();
  const own = new AbortController();
  underWay = own;
  awaited.value = "balance";
  refusal.value = null;
  const whole = requestOf(form.value, contextNow());
  try {
    const found = await postSupply({ ...whole, n_minus_1: false, frontier: null }, own.signal);
    if (underWay !== own) return;
    newest.value = found;
    limitShown.value = null;
    awaited.value = "rest";
    const all = await postSupply(whole, own.signal);
    if (underWay === own) newest.value = all;
  } catch (error) {
    if (underWay !== own) return;
    refusal.value = error instanceof ApiError ? error.refusal : { problems: problemsOf(error) };
    // The balance stands, whatever becomes of the rest.
    if (awaited.value === "balance") newest.value = null;
  } finally {
    if (underWay === own) {
      underWay = null;
      awaited.value = null;
    }
  }
}

/** Give up the request that is under way. */
export function giveUp(): void {
  underWay?.abort();
  underWay = null;
  awaited.value = null;
}
