import type { RpcStruct, RpcValue } from "@vworkspace/odoo-rpc";
import { bindArguments } from "./bind-arguments";
import type { ModelMethod } from "./model-method";

const onRecords: ModelMethod = {
  parameters: ["fields", "load"],
  takesIds: true,
  run: () => Promise.resolve(true),
};
const onModel: ModelMethod = {
  ...onRecords,
  parameters: ["domain"],
  takesIds: false,
};

const bind = (
  method: ModelMethod,
  positional: readonly RpcValue[],
  keywords: RpcStruct = {},
) => bindArguments("it", method, { positional, keywords });

describe("bindArguments", () => {
  it("takes ids first, a list or one, by place or by name", () => {
    expect(bind(onRecords, [[1, 2], ["a"]])).toMatchObject({
      ids: [1, 2],
      args: { fields: ["a"] },
    });
    expect(bind(onRecords, [7])).toMatchObject({ ids: [7] });
    expect(bind(onRecords, [], { ids: [7] })).toMatchObject({ ids: [7] });
    expect(bind(onRecords, [])).toMatchObject({ ids: [] });
    expect(bind(onModel, [[1]])).toMatchObject({
      ids: [],
      args: { domain: [1] },
    });
    expect(() => bind(onModel, [], { ids: [1] })).toThrow(
      "it has no argument ids",
    );
  });

  it("finds request_id and on_behalf_of as keywords or in the context, the keyword first", () => {
    const onBehalfOf = { odoo_uid: 7, login: "ann" };
    const context = {
      request_id: "c",
      on_behalf_of: onBehalfOf,
      lang: "fr_FR",
    };
    expect(bind(onModel, [], { context })).toMatchObject({
      requestId: "c",
      onBehalfOf,
    });
    expect(bind(onModel, [], { context, request_id: "k" })).toMatchObject({
      requestId: "k",
    });
    expect(bind(onModel, [])).toMatchObject({
      requestId: undefined,
      onBehalfOf: undefined,
    });
    for (const none of [false, null])
      expect(
        bind(onModel, [], { request_id: none, context: none }),
      ).toMatchObject({ requestId: undefined });
  });

  it("hands the context on, empty where none is given", () => {
    const context = { active_test: false, allowed_company_ids: [1] };
    expect(bind(onModel, [], { context })).toMatchObject({ context });
    expect(bind(onModel, [])).toMatchObject({ context: {} });
  });

  it("keeps neither of them, nor the context, among the arguments that a repeat must bring again", () => {
    const { args } = bind(onModel, [[]], {
      request_id: "k",
      context: {},
      on_behalf_of: false,
    });
    expect(args).toEqual({ domain: [] });
  });
});
