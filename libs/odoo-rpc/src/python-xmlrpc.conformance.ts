import fc from "fast-check";
import { RpcUsageError } from "./rpc-errors";
import { RpcFault } from "./rpc-fault";
import type { RpcValue } from "./rpc-value";
import { xmlRpcValue } from "./testing/arbitrary-values";
import { type Damage, damaged, damages } from "./testing/damaged-bytes";
import {
  comparable,
  hasPython,
  normalised,
  python,
  type Tagged,
  tagged,
} from "./testing/python-peer";
import { decodeMethodCall, decodeMethodResponse } from "./xml/decode-xml-rpc";
import {
  encodeFault,
  encodeMethodCall,
  encodeMethodResponse,
} from "./xml/encode-xml-rpc";

/** Pieces that documents are made of, to come where they don't belong. */
const XML = [
  "<value>",
  "</value>",
  "<int>",
  "</int>",
  "<nil/>",
  "<string/>",
  "<array><data/></array>",
  "<member>",
  "<!-- a -->",
  "<![CDATA[<a>]]>",
  "]]>",
  "&amp;",
  "&#10;",
  "&#0;",
  "&a;",
  "<?a b?>",
  "\r",
  "-",
  " ",
  "0",
  "_",
] as const;

// Where CI requires everything, a missing python3 fails instead.
const describeWithPython =
  hasPython || process.env.CI === "true" ? describe : describe.skip;

describeWithPython("Python's xmlrpc.client (skipped without python3)", () => {
  /** Each run is one process of Python's with many values. */
  const forManyValues = (check: (values: readonly RpcValue[]) => void): void =>
    fc.assert(
      fc.property(
        fc.array(xmlRpcValue, { minLength: 150, maxLength: 200 }),
        check,
      ),
      { numRuns: 3 },
    );

  it("reads every value that we encode, in answers and in calls", () => {
    forManyValues((values) => {
      const answers = python(
        values.flatMap((value) => [
          { xml: encodeMethodResponse(value) },
          { xml: encodeMethodCall("execute_kw", [value, "key"]) },
        ]),
      );
      values.forEach((value, index) => {
        const [answer, call] = answers.slice(2 * index);
        const expected = tagged(value);
        expect(normalised(answer?.params ?? ["nil", ""])).toEqual([
          "list",
          [expected],
        ]);
        expect(call?.method).toBe("execute_kw");
        expect(normalised(call?.params ?? ["nil", ""])).toEqual([
          "list",
          [expected, ["str", "key"]],
        ]);
      });
    });
  });

  it("writes every value so that we decode it, in calls and in answers", () => {
    forManyValues((values) => {
      // Python writes carriage returns as they are, and XML then turns them into line feeds.
      const plain = values.filter(
        (value) => !JSON.stringify(tagged(value)).includes("\\r"),
      );
      expect(plain.length).toBeGreaterThan(50);
      const answers = python(
        plain.flatMap((value) => [
          { params: [tagged(value)], method: "authenticate" },
          { params: [tagged(value)], response: true },
        ]),
      );
      plain.forEach((value, index) => {
        const [call, answer] = answers.slice(2 * index);
        expect(decodeMethodCall(call?.xml ?? "")).toEqual({
          method: "authenticate",
          params: [value],
        });
        expect(decodeMethodResponse(answer?.xml ?? "")).toEqual(value);
      });
    });
  });

  it("writes None, whole floats, dates and 32-bit extremes as we expect them", () => {
    const cases: [Tagged, RpcValue][] = [
      [["nil", ""], null],
      [["float", "1.0"], 1],
      [["float", "1e+300"], 1e300],
      [["float", "-0.0"], -0],
      [["int", "2147483647"], 2147483647],
      [["int", "-2147483648"], -2147483648],
      [["date", "2026-01-31T13:00:05"], "2026-01-31 13:00:05"],
      [["str", "a\r\nb"], "a\nb"],
    ];
    const [answer] = python([
      { params: cases.map(([value]) => value), method: "m" },
    ]);
    expect(decodeMethodCall(answer?.xml ?? "").params).toEqual(
      cases.map(([, value]) => value),
    );
  });

  it("raises our faults with the code's own type, and we read its", () => {
    const faults: [number | string, string][] = [
      [2, "No <such> & \r\n𝄞"],
      ["warning -- UserError\n\nNo", ""],
    ];
    const answers = python(
      faults.map(([code, text]) => ({ xml: encodeFault(code, text) })),
    );
    expect(answers.map((answer) => answer.fault)).toEqual(
      faults.map(([code, text]) => [tagged(code), tagged(text)]),
    );
    const [written] = python([
      {
        fault: [
          ["int", "4"],
          ["str", "Not yours"],
        ],
      },
    ]);
    expect(() => decodeMethodResponse(written?.xml ?? "")).toThrow(RpcFault);
    expect(() => decodeMethodResponse(written?.xml ?? "")).toThrow("Not yours");
  });

  describe("with bytes that were damaged on their way", () => {
    const damagedOnes = (
      check: (
        ones: readonly { value: RpcValue; damage: readonly Damage[] }[],
      ) => void,
    ): void =>
      fc.assert(
        fc.property(
          fc.array(fc.record({ value: xmlRpcValue, damage: damages(XML) }), {
            minLength: 300,
            maxLength: 400,
          }),
          check,
        ),
        { numRuns: 3 },
      );

    /** What we make of a document, as it is compared; undefined where we refuse it. */
    function ours(read: () => unknown): unknown {
      try {
        return read();
      } catch (error) {
        if (error instanceof RpcFault) return "fault";
        // Whatever comes, it is refused with a sentence and nothing else.
        expect(error).toBeInstanceOf(RpcUsageError);
        return undefined;
      }
    }

    function compare(
      documents: readonly { bytes: Uint8Array; isCall: boolean }[],
    ): { both: number } {
      const answers = python(
        documents.map(({ bytes }) => ({
          xmlBytes: Buffer.from(bytes).toString("base64"),
        })),
      );
      let both = 0;
      documents.forEach(({ bytes, isCall }, index) => {
        const answer = answers[index];
        const mine = ours(() => {
          if (!isCall)
            return [
              null,
              comparable(["list", [tagged(decodeMethodResponse(bytes))]]),
            ];
          const { method, params } = decodeMethodCall(bytes);
          return [method, comparable(["list", params.map(tagged)])];
        });
        if (mine === undefined || answer === undefined || answer.refused)
          return;
        both += 1;
        const { fault, method, params = ["nil", ""] as Tagged } = answer;
        const theirs = fault
          ? "fault"
          : [isCall ? (method?.trim() ?? null) : null, comparable(params)];
        expect([Buffer.from(bytes).toString("latin1"), mine]).toEqual([
          Buffer.from(bytes).toString("latin1"),
          theirs,
        ]);
      });
      return { both };
    }

    it("reads ours as we do, or one of us refuses them", () => {
      let both = 0;
      damagedOnes((ones) => {
        const documents = ones.map(({ value, damage }, index) => {
          const isCall = index % 2 === 0;
          const xml = isCall
            ? encodeMethodCall("execute_kw", [value])
            : encodeMethodResponse(value);
          return { isCall, bytes: damaged(Buffer.from(xml), damage) };
        });
        both += compare(documents).both;
      });
      // Those that nobody reads would show nothing.
      expect(both).toBeGreaterThan(100);
    });

    it("writes what we read as it does, or one of us refuses it", () => {
      let both = 0;
      damagedOnes((ones) => {
        const written = python(
          ones.map(({ value }, index) =>
            index % 2 === 0
              ? { params: [tagged(value)], method: "execute_kw" }
              : { params: [tagged(value)], response: true },
          ),
        );
        const documents = ones.map(({ damage }, index) => ({
          isCall: index % 2 === 0,
          bytes: damaged(Buffer.from(written[index]?.xml ?? ""), damage),
        }));
        both += compare(documents).both;
      });
      expect(both).toBeGreaterThan(100);
    });
  });
});
