import { ManualClock } from "@vworkspace/kernel";
import type { Job } from "@vworkspace/contract";
import {
  ControlPlane,
  type PolledJobs,
  type PollOptions,
} from "../control-plane/control-plane";
import { failureOfStatus } from "../control-plane/control-plane-error";
import { Link } from "../control-plane/link";
import { KeptLog } from "../testing/kept-log";
import { settle } from "../testing/settle";
import { PollLoop } from "./poll-loop";

type Answer = (options: PollOptions) => Promise<PolledJobs> | PolledJobs;

/** Answers polls by a script; a poll past its end stays open until it is aborted. */
class ScriptedPolls {
  readonly asked: PollOptions[] = [];
  readonly controlPlane = { poll: (options) => this.poll(options) } as Pick<
    ControlPlane,
    "poll"
  > as ControlPlane;

  constructor(private readonly script: Answer[]) {}

  private async poll(options: PollOptions): Promise<PolledJobs> {
    this.asked.push(options);
    const answer = this.script.shift();
    if (answer !== undefined) return answer(options);
    return new Promise((_, reject) =>
      options.signal.addEventListener("abort", () =>
        reject(new Error("aborted")),
      ),
    );
  }
}

const NONE: PolledJobs = { jobs: [], unreadable: [] };
const ONE: PolledJobs = { jobs: [{ id: "j1" } as Job], unreadable: [] };

function start(
  script: Answer[],
  fresh = 1,
  before?: (signal: AbortSignal) => Promise<void>,
) {
  const clock = new ManualClock();
  const polls = new ScriptedPolls(script);
  const log = new KeptLog();
  const link = new Link(clock);
  const stop = new AbortController();
  const accepted: string[] = [];
  const unreadable: string[] = [];
  const loop = new PollLoop({
    controlPlane: polls.controlPlane,
    intake: {
      accept: (jobs) => {
        accepted.push(...jobs.map(({ id }) => id));
        return Promise.resolve(jobs.length > 0 ? fresh : 0);
      },
    },
    link,
    clock,
    log,
    maxWaitSeconds: 50,
    onUnreadable: ({ id }) => unreadable.push(id),
    random: () => 0.5,
  });
  const ended = loop.run(stop.signal, before);
  return { clock, link, polls, log, stop, ended, accepted, unreadable };
}

describe("PollLoop", () => {
  it("asks for what was left open on its first poll only, without waiting, and then for 30 to 50 seconds", async () => {
    const { polls, stop, ended } = start([() => ONE]);
    await settle();
    expect(polls.asked.map(({ resume }) => resume)).toEqual([true, false]);
    expect(polls.asked.map(({ waitSeconds }) => waitSeconds)).toEqual([0, 40]);
    stop.abort();
    await ended;
  });

  it("asks again for what was left open until a poll was answered", async () => {
    const script: Answer[] = [
      () => Promise.reject(failureOfStatus(503)),
      () => ONE,
    ];
    const { polls, clock, stop, ended } = start(script);
    await settle();
    await clock.advance(2_500);
    await settle();
    expect(polls.asked.map(({ resume }) => resume)).toEqual([
      true,
      true,
      false,
    ]);
    stop.abort();
    await ended;
  });

  it("polls again at once after work", async () => {
    const { polls, accepted, stop, ended } = start([() => ONE, () => ONE]);
    await settle();
    expect(polls.asked).toHaveLength(3);
    expect(accepted).toEqual(["j1", "j1"]);
    stop.abort();
    await ended;
  });

  it("waits 1 to 5 seconds after an empty answer before its time", async () => {
    const { polls, clock, stop, ended } = start([() => NONE, () => NONE]);
    await settle();
    expect(polls.asked).toHaveLength(2);
    await clock.advance(2_900);
    await settle();
    expect(polls.asked).toHaveLength(2);
    await clock.advance(200);
    await settle();
    expect(polls.asked).toHaveLength(3);
    stop.abort();
    await ended;
  });

  it("polls again at once after an empty answer at its time", async () => {
    const state = start([
      () => NONE,
      async () => {
        await settle(1);
        await state.clock.advance(40_000);
        return NONE;
      },
    ]);
    await settle();
    expect(state.polls.asked).toHaveLength(3);
    state.stop.abort();
    await state.ended;
  });

  it("does not spin on jobs that it has in hand already", async () => {
    const { polls, stop, ended } = start([() => ONE, () => ONE], 0);
    await settle();
    expect(polls.asked).toHaveLength(2);
    stop.abort();
    await ended;
  });

  it("obeys Retry-After", async () => {
    const throttled = failureOfStatus(429, { retryAfterMs: 20_000 });
    const { polls, clock, stop, ended } = start([
      () => Promise.reject(throttled),
    ]);
    await settle();
    await clock.advance(19_000);
    await settle();
    expect(polls.asked).toHaveLength(1);
    await clock.advance(2_500);
    await settle();
    expect(polls.asked).toHaveLength(2);
    stop.abort();
    await ended;
  });

  it("asks rarely, but goes on asking, when its credential is refused", async () => {
    const { polls, clock, log, stop, ended } = start([
      () => Promise.reject(failureOfStatus(401)),
    ]);
    await settle();
    await clock.advance(5 * 60_000);
    await settle();
    expect(polls.asked).toHaveLength(1);
    expect(log.text).toContain("registration token");
    await clock.advance(10 * 60_000);
    await settle();
    expect(polls.asked).toHaveLength(2);
    stop.abort();
    await ended;
  });

  it("tells of jobs that can't be read and takes the others", async () => {
    const { accepted, unreadable, stop, ended } = start([
      () => ({ ...ONE, unreadable: [{ id: "bad", reason: "kind: wrong" }] }),
    ]);
    await settle();
    expect(accepted).toEqual(["j1"]);
    expect(unreadable).toEqual(["bad"]);
    stop.abort();
    await ended;
  });

  it("ends at once when it is stopped, in a poll or in a pause", async () => {
    const inPoll = start([]);
    await settle();
    inPoll.stop.abort();
    await inPoll.ended;
    const inPause = start([() => Promise.reject(failureOfStatus(503))]);
    await settle();
    inPause.stop.abort();
    await inPause.ended;
    expect(inPause.polls.asked).toHaveLength(1);
  });

  it("asks again at once when there is another credential than the one that was refused", async () => {
    const { polls, link, stop, ended } = start([
      () => Promise.reject(failureOfStatus(401)),
    ]);
    await settle();
    expect(polls.asked).toHaveLength(1);
    link.rejected("revoked");
    await settle();
    expect(polls.asked).toHaveLength(1);
    link.registered("c1", true);
    await settle();
    expect(polls.asked).toHaveLength(2);
    stop.abort();
    await ended;
  });

  it("asks only after what comes before a poll", async () => {
    const greetings: (() => void)[] = [];
    const before = () =>
      new Promise<void>((resolve) => greetings.push(resolve));
    const { polls, stop, ended } = start([() => ONE], 1, before);
    await settle();
    expect(polls.asked).toHaveLength(0);
    greetings[0]?.();
    await settle();
    expect(polls.asked).toHaveLength(1);
    expect(greetings).toHaveLength(2);
    stop.abort();
    greetings[1]?.();
    await ended;
    expect(polls.asked).toHaveLength(1);
  });
});
