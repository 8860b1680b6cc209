/** Bodies that are right, so that nothing but the credential decides. */
export const ROUTE_BODIES: Readonly<Record<string, object>> = {
  "/api/agent/credentials/rotate": {},
  "/api/agent/jobs/:id/status": {
    phase: "Installing",
    timestamp: "2026-01-01T00:00:00Z",
  },
  "/api/agent/jobs/:id/result": {
    outcome: "succeeded",
    timestamp: "2026-01-01T00:00:00Z",
  },
  "/api/agent/events": {
    events: [
      {
        kind: "ConditionTransition",
        resourceRef: { kind: "ApplicationInstance", name: "shop" },
        timestamp: "2026-01-01T00:00:00Z",
      },
    ],
  },
};
