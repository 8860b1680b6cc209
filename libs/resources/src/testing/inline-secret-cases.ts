/** Keys and values that the check in code and the admission policy must judge alike. */
const pem = (kind: string) =>
  `-----BEGIN ${kind}PRIVATE KEY-----\nMIIB\n-----END ${kind}PRIVATE KEY-----`;

export const SECRET_LOOKING: readonly (readonly [
  key: string,
  value: string,
])[] = [
  ["password", "hunter2"],
  ["adminPassword", "hunter2"],
  ["ADMIN_PASSWORD", "hunter2"],
  ["secret", "hunter2"],
  ["clientSecret", "hunter2"],
  ["client-secret", "hunter2"],
  ["accessKey", "AKIA"],
  ["secretKey", "x"],
  ["SecretKey", "x"],
  ["apiKey", "x"],
  ["APIKEY", "x"],
  ["token", "x"],
  ["password", "<set via something else>"],
  ["anything", pem("")],
  ["tlsKey", pem("RSA ")],
  ["bundle", `certificate first\n${pem("EC ")}`],
  ["existingSecret", pem("ENCRYPTED ")],
];

export const HARMLESS_LOOKING: readonly (readonly [
  key: string,
  value: unknown,
])[] = [
  ["password", ""],
  ["password", "  "],
  ["password", "<set via externalSecret>"],
  ["password", "<set via external-secret>"],
  ["existingSecret", "files-db"],
  ["existingPassword", "files-db"],
  ["existingSecretPasswordKey", "password"],
  ["tlsSecretName", "files-tls"],
  ["passwordSecretRef", "files-db"],
  ["passwordSecretKey", "password"],
  ["passwordPolicy", "strict"],
  ["secrets", "files-db"],
  ["tokenTtl", "1h"],
  ["accessKeyId", "AKIA"],
  ["certificate", "-----BEGIN CERTIFICATE-----\nMIIB"],
  ["publicKey", "-----BEGIN PUBLIC KEY-----\nMIIB"],
  ["password", 42],
  ["password", true],
  ["password", null],
  ["secret", { name: "files-db" }],
];
