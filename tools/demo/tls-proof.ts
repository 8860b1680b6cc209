/** A cluster that a person plays, with openssl and curl. */
export const PERSONS_CLUSTER = "curl";

/**
 * Commands to copy and paste: an agent's whole way by hand, and what becomes of it without its certificate.
 * @param token registers the person's cluster; undefined where that was done at an earlier start
 */
export function tlsProof(
  directory: string,
  port: number,
  token: string | undefined,
): string {
  const api = `https://127.0.0.1:${port}/api/agent`;
  const poll = `-H "Authorization: Bearer $(cat token)" "${api}/jobs?cluster=${PERSONS_CLUSTER}&wait=0"`;
  const register = `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=me -keyout key.pem -out csr.pem
python3 -c 'import json; print(json.dumps({"csr": open("csr.pem").read()}))' > register.json
curl -s --cacert ca.pem -H "Authorization: Bearer ${token ?? ""}" -H "Content-Type: application/json" -d @register.json ${api}/register > answer.json
python3 -c 'import json; a = json.load(open("answer.json")); open("cert.pem", "w").write(a["certificate"]); open("token", "w").write(a["token"])'
`;
  return `Agents come over TLS, with client certificates: be one yourself, from another terminal (the last command has no certificate):

cd ${directory}
${token === undefined ? "" : register}curl -s --cacert ca.pem --cert cert.pem --key key.pem ${poll}; echo
curl -s --cacert ca.pem ${poll}; echo
`;
}
