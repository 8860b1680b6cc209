import { applicationPlans, type Order, wishAfter } from "./application-plan";

const seeds = Array.from({ length: 50 }, (_, seed) => seed);
const ordersOf = (seed: number) =>
  applicationPlans(seed, 40).map(({ orders }) => orders);

type Pair = readonly [before: Order, order: Order];

/** Whether an order of a kind makes sense for an application that is there. */
const POSSIBLE: Readonly<Record<Order["do"], (...pair: Pair) => boolean>> = {
  create: () => false,
  suspend: (before, order) => !before.wish.suspended && order.wish.suspended,
  resume: (before, order) => before.wish.suspended && !order.wish.suspended,
  write: (before, order) =>
    before.wish.suspended === order.wish.suspended &&
    before.wish.values.round !== order.wish.values.round,
  delete: () => true,
};

function isPossible(before: Order | undefined, order: Order): boolean {
  if (before === undefined || before.do === "delete")
    return order.do === "create";
  return POSSIBLE[order.do](before, order);
}

describe("applicationPlans", () => {
  it("gives the same plans for the same seed, and others for another", () => {
    expect(ordersOf(3)).toEqual(ordersOf(3));
    expect(ordersOf(4)).not.toEqual(ordersOf(3));
  });

  it("gives orders that can be carried out one after the other", () => {
    for (const orders of seeds.flatMap(ordersOf)) {
      expect(orders.length).toBeGreaterThan(0);
      orders.forEach((order, at) => {
        expect(isPossible(orders[at - 1], order)).toBe(true);
      });
    }
  });

  it("has every kind of order, names that are used again, and applications that end deleted", () => {
    const plans = seeds.flatMap(ordersOf);
    const kinds = new Set(plans.flat().map((order) => order.do));
    expect(kinds.size).toBe(5);
    const creates = plans.map(
      (orders) => orders.filter((order) => order.do === "create").length,
    );
    expect(Math.max(...creates)).toBeGreaterThan(1);
    expect(plans.some((orders) => wishAfter(orders) === undefined)).toBe(true);
  });
});

describe("wishAfter", () => {
  it("is what the last order asks for, and nothing after a delete", () => {
    const wish = {
      version: "1.2.0",
      values: { replicaCount: 1, round: 0 },
      suspended: false,
    };
    const create: Order = { do: "create", wish, pauseMs: 0 };
    expect(wishAfter([])).toBeUndefined();
    expect(wishAfter([create])).toBe(wish);
    expect(wishAfter([create, { ...create, do: "delete" }])).toBeUndefined();
  });
});
