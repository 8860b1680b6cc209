/** Settings of the fleet; times in seconds. */
export interface FleetOptions {
  readonly credentialGraceSeconds: number;
  readonly acceptsSimulated: boolean;
}

export const FLEET_OPTIONS = Symbol("FleetOptions");
