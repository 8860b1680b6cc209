export * from "./media-type";
export * from "./errors";
export * from "./limits";
export * from "./canonical-json";
export * from "./wire";
export * from "./keys";
export * from "./parse";
