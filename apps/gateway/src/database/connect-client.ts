import { Client } from "pg";
import { connectionFailure } from "./connection-failure";

const CONNECT_MS = 5000;

/**
 * One connection, for the start. The caller ends it.
 * @throws ConfigurationError naming the variable that holds the URL, when PostgreSQL doesn't answer or refuses
 */
export async function connectClient(
  url: string,
  variable: string,
): Promise<Client> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
  });
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw connectionFailure(error, variable, url);
  }
}
