import { ANSWER_CHARACTERS, fitRecords } from "./fit-records";

const record = (id: number, characters: number) => ({
  id,
  text: "x".repeat(characters),
});

describe("the records of an answer", () => {
  it("are all of them where they fit", () => {
    const few = [record(1, 10), record(2, 10)];
    expect(fitRecords("m", few)).toEqual(few);
    expect(fitRecords("m", [])).toEqual([]);
  });

  it("are the first ones where all would be too much to read", () => {
    const third = Math.floor(ANSWER_CHARACTERS / 3);
    const many = [1, 2, 3, 4].map((id) => record(id, third));
    expect(fitRecords("m", many).map(({ id }) => id)).toEqual([1, 2]);
  });

  it("are refused, by name, where the first alone is too much", () => {
    const huge = [record(7, ANSWER_CHARACTERS), record(8, 1)];
    expect(() => fitRecords("vworkspace.job", huge)).toThrow(
      "The record 7 of vworkspace.job has more than 100000 characters: name fewer fields.",
    );
  });
});
