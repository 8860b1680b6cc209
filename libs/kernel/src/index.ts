export * from "./domain-error";
export * from "./clock";
export * from "./manual-clock";
export * from "./backoff";
export * from "./ids";
export * from "./environment";
export * from "./version";
export * from "./name-pattern";
