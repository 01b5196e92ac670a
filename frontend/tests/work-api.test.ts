import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunInfo } from "../src/contract";
import {
  ApiError,
  followRun,
  getRun,
  isFinal,
  NO_ANSWER,
  postRoute,
  problemsOf,
  waitBeforeAttempt,
} from "../src/data/api";

const INFO: RunInfo = {
  run_id: "r1",
  study: "s",
  scenario: "base",
  title: "",
  year: 2024,
  simulated: false,
  state: "running",
  stage: "assigning",
  done: 1,
  total: 4,
  position: null,
  message: null,
  created: "2024-01-01T00:00:00Z",
  started: null,
  finished: null,
  converged: null,
};

function answering(status: number, body: string): ReturnType<typeof vi.fn> {
  const fetched = vi.fn(async () => new Response(body, { status }));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("refusals", () => {
  it("carry the problems and what blocks", async () => {
    const refusal = {
      problems: [{ message: "no way is left", file: null }],
      blocked_by: ["avoid Russia"],
      relax: [["avoid Russia"]],
    };
    answering(409, JSON.stringify(refusal));
    const request = { study: "s", origin: "a", destination: "b", commodity: "c" };
    const error = await postRoute(request).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).status).toBe(409);
    expect((error as ApiError).refusal).toEqual(refusal);
    expect(problemsOf(error)).toEqual(refusal.problems);
  });

  it("that are no refusals say the status", async () => {
    answering(502, "<html>bad gateway</html>");
    const error = await getRun("r1").catch((caught: unknown) => caught);
    expect((error as ApiError).message).toContain("502");
  });

  it("without an answer have no status", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    const error = await getRun("r1").catch((caught: unknown) => caught);
    expect((error as ApiError).status).toBe(NO_ANSWER);
  });

  it("of other kinds give their message", () => {
    expect(problemsOf(new Error("odd"))).toEqual([{ message: "odd" }]);
  });
});

describe("addresses", () => {
  it("are escaped", async () => {
    const fetched = answering(200, "{}");
    await getRun("a/b c");
    expect(fetched.mock.calls[0]?.[0]).toBe("/api/runs/a%2Fb%20c");
  });
});

class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static made: FakeSource[] = [];
  readyState = 1;

  constructor(readonly url: string) {
    super();
    FakeSource.made.push(this);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  send(run: RunInfo): void {
    this.dispatchEvent(new MessageEvent("run", { data: JSON.stringify(run) }));
  }

  fail(): void {
    this.readyState = FakeSource.CLOSED;
    this.dispatchEvent(new Event("error"));
  }
}

describe("following a run", () => {
  beforeEach(() => {
    FakeSource.made = [];
    vi.stubGlobal("EventSource", FakeSource);
    vi.useFakeTimers();
  });

  it("ends with a final state", () => {
    const seen: string[] = [];
    followRun("r1", (run) => seen.push(run.state), vi.fn());
    const [source] = FakeSource.made as [FakeSource];
    source.send(INFO);
    source.send({ ...INFO, state: "done" });
    source.send(INFO);
    expect(seen).toEqual(["running", "done"]);
    expect(source.readyState).toBe(FakeSource.CLOSED);
  });

  it("connects again after a break", async () => {
    answering(200, JSON.stringify({ ...INFO, done: 3 }));
    const seen: (number | null)[] = [];
    followRun("r1", (run) => seen.push(run.done), vi.fn());
    FakeSource.made[0]?.fail();
    await vi.advanceTimersByTimeAsync(waitBeforeAttempt(0));
    expect(FakeSource.made).toHaveLength(2);
    expect(seen).toEqual([3]);
  });

  it("gives up a run that is no more", async () => {
    answering(404, JSON.stringify({ problems: [{ message: "there is no run r1" }] }));
    const onGone = vi.fn();
    followRun("r1", vi.fn(), onGone);
    FakeSource.made[0]?.fail();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onGone).toHaveBeenCalledOnce();
    expect(FakeSource.made).toHaveLength(1);
  });

  it("tries on while the server is away, more and more seldom", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    const stop = followRun("r1", vi.fn(), vi.fn());
    FakeSource.made[0]?.fail();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSource.made).toHaveLength(1);
    stop();
    expect(vi.getTimerCount()).toBe(0);
    expect([0, 1, 2, 9].map(waitBeforeAttempt)).toEqual([1000, 2000, 4000, 10_000]);
  });
});

describe("states", () => {
  it("are final or not", () => {
    expect(isFinal("queued")).toBe(false);
    expect(isFinal("interrupted")).toBe(true);
  });
});
