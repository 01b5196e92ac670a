/** Runs of the server: followed while they go on, opened when they are done. */

import { effect, signal, untracked } from "@preact/signals";
import type { Problem, RunInfo, RunRequest } from "../../contract";
import {
  cancelRun,
  deleteRun,
  followRun,
  getRuns,
  isFinal,
  postRun,
  problemsOf,
  resumeRun,
} from "../../data/api";
import { compareWith, openRun } from "../../data/load";
import { baseline, mode, run, runs, study } from "../../state";

/** What went wrong with what was last asked for in the list of runs. */
export const runProblems = signal<Problem[]>([]);

/** What to do once a run that the user started is done. */
type Intention =
  /** Open it, if the map still shows what it did; and compare it with another run. */
  | { kind: "open"; before: string | null; compared: string | null }
  /** Compare a run with it, if that is on the map. */
  | { kind: "compare"; shown: string };
const intentions = new Map<string, Intention>();

/** Put what is known of a run into the list, a new one first. */
export function withRunInfo(list: readonly RunInfo[], info: RunInfo): RunInfo[] {
  const isThere = list.some((one) => one.run_id === info.run_id);
  return isThere ? list.map((one) => (one.run_id === info.run_id ? info : one)) : [info, ...list];
}

/** Return the run to follow: the one that is running, else the first of the queue. */
export function runToFollow(list: readonly RunInfo[]): RunInfo | null {
  const running = list.find((one) => one.state === "running");
  if (running) return running;
  const queued = list.filter((one) => one.state === "queued");
  return queued.sort((a, b) => (a.position ?? 0) - (b.position ?? 0))[0] ?? null;
}

export async function refreshRuns(): Promise<void> {
  try {
    runs.value = await getRuns();
  } catch (error) {
    runProblems.value = problemsOf(error);
  }
}

async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    runProblems.value = [];
    await work();
    return true;
  } catch (error) {
    runProblems.value = problemsOf(error);
    return false;
  }
}

/** Start a run. */
export async function startRun(request: RunRequest): Promise<RunInfo> {
  const info = await postRun(request);
  runs.value = withRunInfo(runs.value, info);
  return info;
}

/** Open a run when it is done, unless the reader has opened another by then. */
export function openWhenDone(id: string, compared: string | null): void {
  intentions.set(id, { kind: "open", before: run.value?.page.run_id ?? null, compared });
}

/** Compare a run with another when that is done, unless the reader has opened another by then. */
export function compareWhenDone(id: string, shown: string): void {
  intentions.set(id, { kind: "compare", shown });
}

/** Do what is intended once a run is done. */
async function finish(info: RunInfo, intention: Intention): Promise<void> {
  if (info.state !== "done" || info.study !== study.value?.page.study) return;
  const shown = run.value?.page.run_id ?? null;
  if (intention.kind === "compare") {
    if (shown === intention.shown) await compareWith(info.run_id);
  } else if (shown === intention.before) {
    const isOpen = await openRun(info.run_id);
    if (isOpen) await compareWith(intention.compared);
  }
}

function finishAll(list: readonly RunInfo[]): void {
  for (const info of list) {
    const intention = intentions.get(info.run_id);
    if (!intention || !isFinal(info.state)) continue;
    intentions.delete(info.run_id);
    void finish(info, intention);
  }
}

export function cancel(id: string): Promise<boolean> {
  return attempt(async () => {
    await cancelRun(id);
    await refreshRuns();
  });
}

export function resume(id: string): Promise<boolean> {
  return attempt(async () => {
    const info = await resumeRun(id);
    openWhenDone(info.run_id, null);
    runs.value = withRunInfo(runs.value, info);
    await refreshRuns();
  });
}

export function remove(id: string): Promise<boolean> {
  return attempt(async () => {
    await deleteRun(id);
    runs.value = runs.value.filter((one) => one.run_id !== id);
    if (baseline.value?.page.run_id === id) baseline.value = null;
  });
}

/**
 * Follow the run that goes on, one at a time: a browser allows few connections to a server.
 *
 * @returns what stops it
 */
export function followRuns(): () => void {
  let followed: string | null = null;
  let stop: (() => void) | null = null;

  const end = (): void => {
    stop?.();
    stop = null;
    followed = null;
  };
  const onRun = (info: RunInfo): void => {
    const before = runs.peek().find((one) => one.run_id === info.run_id);
    if (isFinal(info.state)) end();
    runs.value = withRunInfo(runs.peek(), info);
    // The places of the others in the queue change with it.
    if (before?.state !== info.state) void refreshRuns();
  };
  const disposeEffect = effect(() => {
    const list = runs.value;
    untracked(() => finishAll(list));
    const next = mode.value === "server" ? runToFollow(list) : null;
    if ((next?.run_id ?? null) === followed) return;
    end();
    if (!next) return;
    followed = next.run_id;
    stop = followRun(next.run_id, onRun, () => {
      end();
      void refreshRuns();
    });
  });
  return () => {
    disposeEffect();
    end();
  };
}
