/** The HTTP API of the server, one function per endpoint; what it refuses is an `ApiError`. */

import type {
  About,
  InvestAnswer,
  InvestRequest,
  Problem,
  QuestionKind,
  Refusal,
  RouteAnswer,
  RouteRequest,
  RunDifference,
  RunInfo,
  RunPage,
  RunRequest,
  RunState,
  ScenarioContent,
  ScenarioFile,
  ScenarioInfo,
  Standing,
  StressAnswer,
  StressRequest,
  StudyInfo,
  StudyPage,
  SupplyAnswer,
  SupplyRequest,
} from "../contract";

/** The status of an `ApiError` where no answer came at all. */
export const NO_ANSWER = 0;

/** An answer that is not 2xx, with the reasons that the server gives. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly refusal: Refusal,
  ) {
    super(refusal.problems.map((problem) => problem.message).join("; "));
  }

  get problems(): Problem[] {
    return this.refusal.problems;
  }
}

/** Return the reasons of any error as problems; what is not an `ApiError` gives its message. */
export function problemsOf(error: unknown): Problem[] {
  if (error instanceof ApiError) return error.problems;
  return [{ message: error instanceof Error ? error.message : String(error) }];
}

function isRefusal(body: unknown): body is Refusal {
  return (
    typeof body === "object" &&
    body !== null &&
    Array.isArray((body as Refusal).problems) &&
    (body as Refusal).problems.length > 0
  );
}

async function refusalOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  if (isRefusal(body)) return new ApiError(response.status, body);
  const message = `${response.status} ${response.statusText}`.trim();
  return new ApiError(response.status, { problems: [{ message }] });
}

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(NO_ANSWER, { problems: [{ message: "the server does not answer" }] });
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function askJson<T>(path: string, options?: RequestInit): Promise<T> {
  return (await ask(path, options)).json() as Promise<T>;
}

function posted(body: unknown, signal?: AbortSignal): RequestInit {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  };
}

const part = encodeURIComponent;

export const getAbout = (): Promise<About> => askJson("/api/about");

export const getStudies = (): Promise<StudyInfo[]> => askJson("/api/studies");

export const getStudy = (study: string): Promise<StudyPage> =>
  askJson(`/api/studies/${part(study)}`);

export const getScenarios = (): Promise<ScenarioInfo[]> => askJson("/api/scenarios");

export const getScenario = (name: string): Promise<ScenarioFile> =>
  askJson(`/api/scenarios/${part(name)}`);

/** Read the TOML of a scenario. */
export const parseScenario = (toml: string): Promise<ScenarioFile> =>
  askJson("/api/scenarios/parse", {
    method: "POST",
    headers: { "Content-Type": "text/plain" },
    body: toml,
  });

/** Return a scenario as TOML. */
export const scenarioToml = async (content: ScenarioContent): Promise<string> =>
  (await ask("/api/scenarios/toml", posted(content))).text();

export const getRuns = (): Promise<RunInfo[]> => askJson("/api/runs");

export const getRun = (id: string): Promise<RunInfo> => askJson(`/api/runs/${part(id)}`);

export const postRun = (request: RunRequest): Promise<RunInfo> =>
  askJson("/api/runs", posted(request));

export const cancelRun = async (id: string): Promise<void> => {
  await ask(`/api/runs/${part(id)}/cancel`, { method: "POST" });
};

export const resumeRun = (id: string): Promise<RunInfo> =>
  askJson(`/api/runs/${part(id)}/resume`, { method: "POST" });

export const deleteRun = async (id: string): Promise<void> => {
  await ask(`/api/runs/${part(id)}`, { method: "DELETE" });
};

export const getRunPage = (id: string): Promise<RunPage> => askJson(`/api/runs/${part(id)}/page`);

/** Return in what a run differs from another, that before. */
export const getDifference = (before: string, after: string): Promise<RunDifference> =>
  askJson(`/api/runs/${part(before)}/difference/${part(after)}`);

/** The addresses of what a run leaves behind, to be linked. */
export const reportAddress = (id: string): string => `/api/runs/${part(id)}/report.html`;
export const tableAddress = (id: string, table: string, format = "csv"): string =>
  `/api/runs/${part(id)}/${part(table)}?format=${format}`;

export const postRoute = (request: RouteRequest, signal?: AbortSignal): Promise<RouteAnswer> =>
  askJson("/api/route", posted(request, signal));

export const postSupply = (request: SupplyRequest, signal?: AbortSignal): Promise<SupplyAnswer> =>
  askJson("/api/supply", posted(request, signal));

export const postStress = (request: StressRequest, signal?: AbortSignal): Promise<StressAnswer> =>
  askJson("/api/stress", posted(request, signal));

export const postInvest = (request: InvestRequest, signal?: AbortSignal): Promise<InvestAnswer> =>
  askJson("/api/invest", posted(request, signal));

/** Return where the questions stand that the server works on. */
export const getStandings = (): Promise<Partial<Record<QuestionKind, Standing>>> =>
  askJson("/api/progress");

const FINAL_STATES: readonly RunState[] = ["done", "failed", "cancelled", "interrupted"];

/** Tell whether a run has come to an end, good or bad. */
export function isFinal(state: RunState): boolean {
  return FINAL_STATES.includes(state);
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;

/** Return how long to wait before an attempt to connect again; the first is attempt 0. */
export function waitBeforeAttempt(attempt: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
}

/**
 * Follow a run until it comes to an end: `onRun` is called at every change.
 *
 * The browser connects again by itself after a break, but not after an answer such as 503
 * while the server restarts; then this does. `onGone` is called if the run is no more.
 *
 * @returns what stops it
 */
export function followRun(
  id: string,
  onRun: (run: RunInfo) => void,
  onGone: () => void,
): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let stopped = false;

  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
    source?.close();
  };
  const take = (run: RunInfo): void => {
    if (stopped) return;
    attempt = 0;
    if (isFinal(run.state)) stop();
    onRun(run);
  };
  const retry = async (): Promise<void> => {
    try {
      take(await getRun(id));
      if (!stopped) connect();
    } catch (error) {
      if (stopped) return;
      if (error instanceof ApiError && error.status === 404) {
        stop();
        onGone();
      } else {
        waitAndRetry();
      }
    }
  };
  const waitAndRetry = (): void => {
    timer = setTimeout(retry, waitBeforeAttempt(attempt++));
  };
  const connect = (): void => {
    source = new EventSource(`/api/runs/${part(id)}/events`);
    source.addEventListener("run", (event) => take(JSON.parse(event.data) as RunInfo));
    source.addEventListener("error", () => {
      if (stopped || source?.readyState !== EventSource.CLOSED) return;
      waitAndRetry();
    });
  };
  connect();
  return stop;
}
