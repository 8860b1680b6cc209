import { FirstSchema1795561200000 } from "./1795561200000-first-schema";
import { SilenceAndRollback1795593600000 } from "./1795593600000-silence-and-rollback";
import { PayloadKeys1795680001000 } from "./1795680001000-payload-keys";
import { Certificates1795680002000 } from "./1795680002000-certificates";
import { Credentials1795680003000 } from "./1795680003000-credentials";
import { People1795680004000 } from "./1795680004000-people";
import { Dpop1795680006000 } from "./1795680006000-dpop";
import { Sources1795680007000 } from "./1795680007000-sources";
import { PeopleSignIn1795680008000 } from "./1795680008000-people-sign-in";
import { Operations1795680009000 } from "./1795680009000-operations";
import { Approvals1795680010000 } from "./1795680010000-approvals";
import { Sequences1795680011000 } from "./1795680011000-sequences";
import { OperationWindows1795680012000 } from "./1795680012000-operation-windows";
import { OdooDatabases1795680020000 } from "./1795680020000-odoo-databases";

/** Every migration, oldest first. They run at start, as the owner role, under an advisory lock. */
export const MIGRATIONS = [
  FirstSchema1795561200000,
  SilenceAndRollback1795593600000,
  PayloadKeys1795680001000,
  Certificates1795680002000,
  Credentials1795680003000,
  People1795680004000,
  Dpop1795680006000,
  Sources1795680007000,
  PeopleSignIn1795680008000,
  Operations1795680009000,
  Approvals1795680010000,
  Sequences1795680011000,
  OperationWindows1795680012000,
  OdooDatabases1795680020000,
];
