/** What an answer says of itself; empty where it is no refusal. */
export interface Refusal {
  readonly error: string;
  readonly message: string;
}

export function refusalIn(body: string): Refusal {
  const said = body === "" ? {} : (JSON.parse(body) as Partial<Refusal>);
  const { error = "", message = "" } = said;
  return { error, message };
}
